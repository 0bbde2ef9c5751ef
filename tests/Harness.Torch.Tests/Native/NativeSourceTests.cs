using Harness.Torch.Interop;

namespace Harness.Torch.Tests.Native;

public sealed class NativeSourceTests
{
    /// <summary>Versions whose conditional branches differ; more of them with HARNESS_LONG_TESTS=1.</summary>
    public static TheoryData<int> PlayedVersions => Environment.GetEnvironmentVariable("HARNESS_LONG_TESTS") == "1" ? [0, 1, 2, 3, 4, 5, 8, 9, 11] : [1, 11];

    [Fact]
    public void The_cuda_library_compiles_against_the_headers_that_are_here() => Compile(["cuda/graphs.cpp", "cuda/device.cpp"], "stub");

    /// <summary>The branches for libtorch 2, over 1.13's headers with the later declarations beside them (Native/stub2).</summary>
    [Theory]
    [MemberData(nameof(PlayedVersions))]
    public void The_branches_for_libtorch_2_compile_too(int minor)
    {
        if (EngineDescription.Read()!.LibtorchVersion.StartsWith("1.13", StringComparison.Ordinal))
        {
            // From 2.4 on the base library's optionals are std::optional, which 1.13's own functions don't take.
            string[] files = minor < 4 ? ["functional.cpp", "runtime.cpp"] : [];
            Compile(["cuda/graphs.cpp", "cuda/device.cpp", .. files], "stub2", "stub", $"-DHT_PLAYED_MINOR={minor}");
        }
    }

    /// <summary>All files as one: the headers take most of the time.</summary>
    private static void Compile(string[] files, params string[] options)
    {
        EngineDescription engine = EngineDescription.Read()!;
        string native = Path.GetDirectoryName(NativeBuild.Script)!, tests = Path.Combine(NativeBuild.Root, "tests", "Harness.Torch.Tests", "Native");
        string[] libtorch = engine.Provider == "system"
            ? ["-I/usr/include/torch/csrc/api/include"]
            : [$"-I{engine.Libraries}/../include", $"-I{engine.Libraries}/../include/torch/csrc/api/include"];
        string[] chosen = [.. options.SelectMany(o => o[0] == '-' ? (string[])[o] : ["-I", Path.Combine(tests, o)])];
        string together = Path.Combine(Path.GetTempPath(), $"harness-syntax-{Environment.ProcessId}.cpp");
        File.WriteAllLines(together, files.Select(f => $"#include \"{Path.Combine(native, f)}\""));
        (int exit, string output) = NativeBuild.Run("g++", ["-std=c++20", "-fsyntax-only", "-DAT_PER_OPERATOR_HEADERS", .. chosen, "-I", native, .. libtorch, together]);
        File.Delete(together);
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

    /// <summary>
    /// A Python's folder of packages as CUDA 13 fills it: headers that include others which aren't there, libraries to link with. Under HARNESS_LONG_TESTS=1 only, since everything is compiled anew.
    /// </summary>
    [Fact]
    public void The_second_library_is_built_with_headers_that_are_complete_and_loads_nothing_by_accident()
    {
        EngineDescription engine = EngineDescription.Read()!;
        if (Environment.GetEnvironmentVariable("HARNESS_LONG_TESTS") != "1" || engine.Provider != "system")
        {
            return;
        }

        string site = Directory.CreateTempSubdirectory("harness-site").FullName, torch = Path.Combine(site, "torch"), libraries = Path.Combine(torch, "lib");
        string incomplete = Path.Combine(site, "nvidia", "cu13", "include");
        Array.ForEach([libraries, incomplete], folder => Directory.CreateDirectory(folder));
        Directory.CreateSymbolicLink(Path.Combine(torch, "include"), "/usr/include");
        foreach (string library in (string[])["libtorch_cpu.so", "libc10.so"])
        {
            File.CreateSymbolicLink(Path.Combine(libraries, library), Path.Combine(engine.Libraries, library));
        }

        foreach (string library in (string[])["libtorch_cuda.so", "libc10_cuda.so"])
        {
            Assert.Equal((0, ""), NativeBuild.Run("g++", "-shared", "-o", Path.Combine(libraries, library), "-x", "c++", "/dev/null"));
        }

        File.WriteAllText(Path.Combine(incomplete, "cuda_runtime_api.h"), "#include \"crt/host_defines.h\"\n");
        string Description(string cudaHome)
        {
            string made = Path.Combine(site, "made");
            (int exit, string output) = NativeBuild.Run("env", $"LIBTORCH={torch}", $"CUDA_HOME={cudaHome}", "bash", NativeBuild.Script, made);
            Assert.True(exit == 0, output);
            File.Delete(Path.Combine(made, "stamp"));
            return File.ReadAllText(Path.Combine(made, "engine.json"));
        }

        Assert.Contains("no complete headers of CUDA", Description("/no/such/toolkit"), StringComparison.Ordinal);
        string toolkit = Path.Combine(site, "toolkit");
        Directory.CreateDirectory(toolkit);
        Directory.CreateSymbolicLink(Path.Combine(toolkit, "include"), Path.Combine(NativeBuild.Root, "tests", "Harness.Torch.Tests", "Native", "stub"));
        Assert.Contains("\"cuda_library\": true", Description(toolkit), StringComparison.Ordinal);
        Directory.Delete(site, true);
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
