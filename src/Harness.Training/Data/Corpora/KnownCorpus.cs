namespace Harness.Training.Data.Corpora;

/// <summary>A prepared corpus's identity and sizes.</summary>
/// <param name="Hash">SHA-256 of header and tokens, hex.</param>
/// <param name="Header">The sizes.</param>
internal sealed record KnownCorpus(string Hash, TokenHeader Header)
{
    /// <summary>One line: the hash, a space, the header in hex.</summary>
    public override string ToString() => $"{Hash} {Convert.ToHexStringLower(Header.ToBytes())}\n";

    /// <summary>Reads that line; null if it is something else.</summary>
    public static KnownCorpus? Parse(string line)
    {
        var header = new byte[TokenHeader.Size];
        return line.Trim().Split(' ') is [{ Length: 64 } hash, { Length: 2 * TokenHeader.Size } hex]
            && Convert.FromHexString(hex, header, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == header.Length
            && TokenHeader.FromBytes(header) is { } parsed
                ? new KnownCorpus(hash, parsed)
                : null;
    }
}
