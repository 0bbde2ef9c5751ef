using System.Reflection;
using System.Runtime.InteropServices;

namespace Harness.Torch.Interop;

/// <summary>Finds and loads the native libraries that <c>native/build.sh</c> made, at the first call that needs one.</summary>
internal static unsafe partial class NativeFolder
{
    internal const string Base = "harness_torch";
    internal const string Cuda = "harness_torch_cuda";

    /// <summary>What libtorch, OpenMP and BLAS must see in the native environment before they are loaded; set only where unset.</summary>
    /// <remarks>
    /// One thread unless asked for more, and no spinning: two thread pools that spin against each other cost a factor of 2 to 20 (measured).
    /// <see cref="Environment.SetEnvironmentVariable(string, string)"/> doesn't reach native getenv, so setenv is called itself.
    /// </remarks>
    private static readonly (string Name, string Value)[] Surroundings =
    [
        ("OMP_NUM_THREADS", "1"),
        ("OPENBLAS_NUM_THREADS", "1"),
        ("MKL_NUM_THREADS", "1"),
        ("OMP_WAIT_POLICY", "PASSIVE"),
        ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
    ];

    private static readonly Lock Gate = new();
    private static string? found;

    /// <summary>The folder with <c>libharness_torch.so</c>, or null if it isn't built.</summary>
    internal static string? Find()
    {
        if (found is not null)
        {
            return found;
        }

        string? set = Environment.GetEnvironmentVariable("HARNESS_NATIVE");
        if (!string.IsNullOrEmpty(set))
        {
            return found = File.Exists(Path.Combine(set, FileName(Base))) ? set : null;
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            foreach (string candidate in new[] { at.FullName, Path.Combine(at.FullName, "artifacts", "native") })
            {
                if (File.Exists(Path.Combine(candidate, FileName(Base))))
                {
                    return found = candidate;
                }
            }
        }

        return null;
    }

    /// <summary>Whether a library is there, without loading it.</summary>
    internal static bool Has(string library) => Find() is { } folder && File.Exists(Path.Combine(folder, FileName(library)));

    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name is not (Base or Cuda))
        {
            return 0;
        }

        lock (Gate)
        {
            string folder = Find() ?? throw new DllNotFoundException(Missing());
            foreach ((string variable, string value) in Surroundings)
            {
                SetNative(variable, value);
            }

            try
            {
                return NativeLibrary.Load(Path.Combine(folder, FileName(name)));
            }
            catch (DllNotFoundException e)
            {
                throw new DllNotFoundException(
                    $"{Path.Combine(folder, FileName(name))} is there but could not be loaded: {e.Message} " +
                    "If libtorch was moved or replaced since it was built, delete that folder and run src/Harness.Torch/native/build.sh again.", e);
            }
        }
    }

    private static string Missing()
    {
        string? set = Environment.GetEnvironmentVariable("HARNESS_NATIVE");
        return string.IsNullOrEmpty(set)
            ? $"The native library of Harness.Torch isn't built: no artifacts/native/{FileName(Base)} in or above {AppContext.BaseDirectory}. Run src/Harness.Torch/native/build.sh, or start through ./harness, which does it."
            : $"HARNESS_NATIVE is {set}, but there is no {FileName(Base)} in it. Run src/Harness.Torch/native/build.sh {set}, or unset the variable.";
    }

    private static string FileName(string library) => "lib" + library + ".so";

    private static void SetNative(string name, string value)
    {
        byte[] n = System.Text.Encoding.UTF8.GetBytes(name + "\0");
        byte[] v = System.Text.Encoding.UTF8.GetBytes(value + "\0");
        fixed (byte* np = n)
        fixed (byte* vp = v)
        {
            _ = setenv(np, vp, 0);
        }
    }

    [DllImport("libc", ExactSpelling = true)]
    private static extern int setenv(byte* name, byte* value, int overwrite);
}
