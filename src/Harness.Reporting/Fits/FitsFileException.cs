using System.Globalization;

namespace Harness.Reporting.Fits;

/// <summary>A fits.json that cannot be read, as <c>file:line: what was found; what is needed; what to do</c>. Verbs answer it with exit code 2.</summary>
public sealed class FitsFileException(string file, long? line, string problem)
    : Exception(line is { } l ? string.Create(CultureInfo.InvariantCulture, $"{file}:{l}: {problem}") : $"{file}: {problem}");
