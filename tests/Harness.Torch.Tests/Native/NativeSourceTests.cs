using Harness.Torch.Interop;

namespace Harness.Torch.Tests.Native;

public sealed class NativeSourceTests
{
    [Theory]
    [InlineData("graphs.cpp")]
    [InlineData("device.cpp")]
    public void The_cuda_library_compiles_against_the_headers_that_are_here(string file)
    {
        EngineDescription engine = EngineDescription.Read()!;
        string native = Path.GetDirectoryName(NativeBuild.Script)!, stub = Path.Combine(NativeBuild.Root, "tests", "Harness.Torch.Tests", "Native", "stub");
        string[] include = engine.Provider == "system"
            ? ["-I/usr/include/torch/csrc/api/include"]
            : [$"-I{engine.Libraries}/../include", $"-I{engine.Libraries}/../include/torch/csrc/api/include"];
        (int exit, string output) = NativeBuild.Run(
            "g++", ["-std=c++20", "-fsyntax-only", "-DAT_PER_OPERATOR_HEADERS", "-I", native, .. include, "-I", stub, Path.Combine(native, "cuda", file)]);
        Assert.True(exit == 0, output);
    }

    [Fact]
    public void Nothing_is_built_when_nothing_has_changed()
    {
        string library = Path.Combine(NativeBuild.Root, "artifacts", "native", "libharness_torch.so");
        DateTime before = File.GetLastWriteTimeUtc(library);
        (int exit, string output) = NativeBuild.Run("bash", NativeBuild.Script, Path.GetDirectoryName(library)!);
        Assert.Equal(0, exit);
        Assert.Equal("", output);
        Assert.Equal(before, File.GetLastWriteTimeUtc(library));
    }

    [Fact]
    public void A_wrong_LIBTORCH_is_named_and_changes_nothing()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        (int exit, string output) = NativeBuild.Run("env", "LIBTORCH=/no/such/place", "bash", NativeBuild.Script, folder);
        Assert.Equal(3, exit);
        Assert.Contains("LIBTORCH=/no/such/place: no include/ATen/ATen.h", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "libharness_torch.so")));
        Directory.Delete(folder, true);
    }

    [Fact]
    public void The_description_says_what_was_built()
    {
        EngineDescription engine = EngineDescription.Read()!;
        Assert.Equal(TorchSharp.torch.__version__.Split('+')[0], engine.LibtorchVersion);
        Assert.True(File.Exists(Path.Combine(engine.Libraries, "libtorch_cpu.so")));
        Assert.Equal(64, engine.SourceSha256.Length);
        Assert.Equal(engine.CudaLibrary, NativeFolder.Has(NativeFolder.Cuda));
    }
}
