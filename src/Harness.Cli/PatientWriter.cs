using System.Text;

namespace Harness.Cli;

/// <summary>
/// A console that may go away: once the terminal is closed every write to it fails, and a sweep must save its runs and end all the same. From the
/// first failure on nothing is written any more.
/// </summary>
internal sealed class PatientWriter(TextWriter inner) : TextWriter
{
    private volatile bool _gone;

    public override Encoding Encoding => inner.Encoding;

    public override IFormatProvider FormatProvider => inner.FormatProvider;

    public override void Write(char value) => Try(w => w.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(w => w.Write(buffer, index, count));

    public override void Write(string? value) => Try(w => w.Write(value));

    public override void WriteLine(string? value) => Try(w => w.WriteLine(value));

    public override void Flush() => Try(w => w.Flush());

    private void Try(Action<TextWriter> write)
    {
        if (_gone)
        {
            return;
        }

        try
        {
            write(inner);
        }
        catch (IOException)
        {
            _gone = true;
        }
    }
}
