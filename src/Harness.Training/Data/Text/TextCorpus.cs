using System.Text;
using Harness.Core.Data;
using Harness.Training.Data.Corpora;
using Harness.Training.Data.Documentation;
using Harness.Training.Data.Files;

namespace Harness.Training.Data.Text;

/// <summary>Prepares text, from files or from the SDK's documentation, to a token file.</summary>
/// <param name="data">The spec.</param>
/// <param name="files">Its files.</param>
internal sealed class TextCorpus(DataSpec data, SourceFiles files)
{
    /// <summary>Writes the token file.</summary>
    /// <param name="path">A new file.</param>
    /// <param name="work">Another, for the text on its way.</param>
    /// <exception cref="DataUnavailableException">A file can't be used.</exception>
    public TokenHeader Write(string path, string work)
    {
        // Of byte tokens, the text is the token file.
        var bytes = data.Tokenizer == Tokenizer.Bytes;
        using var spool = new TextSpool(bytes ? path : work);
        var split = Gather(spool);
        if (!bytes)
        {
            return new Gpt2Corpus(new Gpt2Encoder(BytePairRanks.Read(files.Vocabulary!))).Write(spool, split, path);
        }

        var heldOut = spool.Length - split;
        var header = new TokenHeader(256, split, heldOut, heldOut);
        spool.Finish(header);
        return header;
    }

    private long Gather(TextSpool spool)
    {
        if (data.Source == DataSource.DotnetDocs)
        {
            foreach (var document in DocumentationCorpus.Documents(files.Train))
            {
                spool.Write(Encoding.UTF8.GetBytes(document));
                spool.EndDocument();
            }

            return spool.Split(data.ValidationFraction);
        }

        Copy(files.Train, spool);
        var trained = spool.Length;
        Copy(files.Validation, spool);
        return files.Validation.Count > 0 ? trained : spool.Split(data.ValidationFraction);
    }

    private static void Copy(IEnumerable<RegularFile> files, TextSpool spool)
    {
        foreach (var file in files)
        {
            TextFile.CopyTo(file, spool);
            spool.EndDocument();
        }
    }
}
