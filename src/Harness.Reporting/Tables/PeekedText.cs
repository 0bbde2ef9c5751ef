namespace Harness.Reporting.Tables;

/// <summary>Text of which the beginning was already read: hands out the beginning first, then the rest.</summary>
internal sealed class PeekedText(ReadOnlyMemory<char> beginning, TextReader rest) : TextReader
{
    private ReadOnlyMemory<char> left = beginning;

    public override int Read(char[] buffer, int index, int count)
    {
        if (left.IsEmpty)
        {
            return rest.Read(buffer, index, count);
        }

        int taken = Math.Min(count, left.Length);
        left.Span[..taken].CopyTo(buffer.AsSpan(index, taken));
        left = left[taken..];
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rest.Dispose();
        }

        base.Dispose(disposing);
    }
}
