namespace Harness.EndToEnd.Tests;

/// <summary>A fact that needs a PyTorch for the system's Python, such as Debian's python3-torch.</summary>
internal sealed class PythonTorchFactAttribute : FactAttribute
{
    public const string Python = "/usr/bin/python3";

    public PythonTorchFactAttribute() => Skip = HasTorch() ? null : $"{Python} has no PyTorch (apt-get install --no-install-recommends python3-torch).";

    private static bool HasTorch() =>
        File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/torch");
}
