using System.Diagnostics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Harness.Training.Tests;

/// <summary>Base of the tests with tensors: one thread, a dispose scope around each test, and no tensor left over at its end.</summary>
public abstract class TensorTest : IDisposable
{
    private readonly long _before;
    private readonly TorchSharp.DisposeScope _scope;

    protected TensorTest()
    {
        set_num_threads(1);
        _before = Tensor.TotalCount;
        _scope = NewDisposeScope();
    }

    public void Dispose()
    {
        Cleanup();
        _scope.Dispose();
        Assert.Equal(_before, Tensor.TotalCount);
        GC.SuppressFinalize(this);
    }

    protected virtual void Cleanup()
    {
    }

    /// <summary>Builds the native library before the first test, so that `dotnet test` alone is enough; milliseconds when it is up to date.</summary>
    [ModuleInitializer]
    internal static void BuildNativeLibrary()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Harness.sln")))
        {
            root = root.Parent;
        }

        var script = Path.Combine(root!.FullName, "src", "Harness.Torch", "native", "build.sh");
        using var process = Process.Start(new ProcessStartInfo("bash", [script, Path.Combine(root.FullName, "artifacts", "native")]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{script} failed ({process.ExitCode}):\n{errors}");
        }
    }
}
