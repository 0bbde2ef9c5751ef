using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Resolving;

/// <summary>Where the sections of a sweep file begin, for problems with keys that aren't written anywhere.</summary>
internal sealed class Places(Origin file)
{
    private readonly Dictionary<string, Origin> sections = [];

    public string File => file.File;

    /// <summary>Notes where a section begins, if it is in the file.</summary>
    public void Add(string section, Origin origin)
    {
        if (origin.Line > 0)
        {
            sections.TryAdd(section, origin);
        }
    }

    /// <summary>The innermost section that a key belongs to and that the file has, else the file.</summary>
    public Origin Of(string path)
    {
        for (var dot = path.LastIndexOf('.'); dot > 0; dot = path.LastIndexOf('.', dot - 1))
        {
            if (sections.TryGetValue(path[..dot], out var origin))
            {
                return origin;
            }
        }

        return file;
    }
}
