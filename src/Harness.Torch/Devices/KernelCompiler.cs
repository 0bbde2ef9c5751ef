using System.Globalization;
using System.Runtime.InteropServices;

namespace Harness.Torch.Devices;

/// <summary>NVRTC, NVIDIA's compiler as a library: CUDA C++ in, machine code for one architecture out. It comes with every CUDA build of PyTorch.</summary>
public sealed unsafe class KernelCompiler
{
    private static readonly Lazy<(KernelCompiler? Compiler, string Reason)> Installed = new(() =>
    {
        string reason = "";
        foreach (string candidate in Candidates())
        {
            nint library = NvidiaLibrary.Open([candidate], out reason);
            try
            {
                if (library != 0)
                {
                    return (new KernelCompiler(library), "");
                }
            }
            catch (Exception e) when (e is ExternalException or EntryPointNotFoundException)
            {
                reason = $"{candidate}: {e.Message}"; // there, and not what it seems; the next may be
            }
        }

        return (null, reason);
    });

    private readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int> _create;
    private readonly delegate* unmanaged<nint*, int> _destroy;
    private readonly delegate* unmanaged<nint, int, byte**, int> _compile;
    private readonly delegate* unmanaged<nint, nuint*, int> _logSize;
    private readonly delegate* unmanaged<nint, byte*, int> _log;
    private readonly delegate* unmanaged<nint, nuint*, int> _cubinSize;
    private readonly delegate* unmanaged<nint, byte*, int> _cubin;
    private readonly delegate* unmanaged<int, byte*> _errorText;

    private KernelCompiler(nint library)
    {
        _create = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)NvidiaLibrary.Function(library, "nvrtcCreateProgram");
        _destroy = (delegate* unmanaged<nint*, int>)NvidiaLibrary.Function(library, "nvrtcDestroyProgram");
        _compile = (delegate* unmanaged<nint, int, byte**, int>)NvidiaLibrary.Function(library, "nvrtcCompileProgram");
        _logSize = (delegate* unmanaged<nint, nuint*, int>)NvidiaLibrary.Function(library, "nvrtcGetProgramLogSize");
        _log = (delegate* unmanaged<nint, byte*, int>)NvidiaLibrary.Function(library, "nvrtcGetProgramLog");
        _cubinSize = (delegate* unmanaged<nint, nuint*, int>)NvidiaLibrary.Function(library, "nvrtcGetCUBINSize"); // CUDA 11.1 and later
        _cubin = (delegate* unmanaged<nint, byte*, int>)NvidiaLibrary.Function(library, "nvrtcGetCUBIN");
        _errorText = (delegate* unmanaged<int, byte*>)NvidiaLibrary.Function(library, "nvrtcGetErrorString");
        var version = (delegate* unmanaged<int*, int*, int>)NvidiaLibrary.Function(library, "nvrtcVersion");
        int major, minor;
        Check(version(&major, &minor), "nvrtcVersion");
        Version = string.Create(CultureInfo.InvariantCulture, $"{major}.{minor}");
    }

    /// <summary>The compiler of this machine, or null where there is none; <see cref="Missing"/> then says why.</summary>
    public static KernelCompiler? Default => Installed.Value.Compiler;

    /// <summary>Why <see cref="Default"/> is null; empty where it isn't.</summary>
    public static string Missing => Installed.Value.Reason;

    /// <summary>For example <c>13.0</c>.</summary>
    public string Version { get; }

    /// <summary>A compiler at a path; for tests, which have one that makes code for the CPU.</summary>
    internal static KernelCompiler At(string path) => new(NativeLibrary.Load(path));

    /// <summary>Compiles a source without #include to machine code.</summary>
    /// <param name="name">What messages call the source.</param>
    /// <param name="source">CUDA C++.</param>
    /// <param name="options">The compiler's options, for example <c>--gpu-architecture=sm_90</c>.</param>
    /// <exception cref="ExternalException">It doesn't compile; the message holds the compiler's log.</exception>
    public byte[] Compile(string name, string source, IReadOnlyList<string> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        nint program;
        fixed (byte* text = NvidiaLibrary.Zeroed(source))
        fixed (byte* title = NvidiaLibrary.Zeroed(name))
        {
            Check(_create(&program, text, title, 0, null, null), "nvrtcCreateProgram");
        }

        nint[] pointers = [.. options.Select(Marshal.StringToCoTaskMemUTF8)];
        try
        {
            int error;
            fixed (nint* p = pointers)
            {
                error = _compile(program, pointers.Length, (byte**)p);
            }

            if (error != 0)
            {
                throw new ExternalException($"{name}: {NvidiaLibrary.Text(_errorText(error))} ({string.Join(' ', options)})\n{Log(program)}");
            }

            nuint size;
            Check(_cubinSize(program, &size), "nvrtcGetCUBINSize");
            byte[] code = new byte[(int)size];
            fixed (byte* p = code)
            {
                Check(_cubin(program, p), "nvrtcGetCUBIN");
            }

            return code;
        }
        finally
        {
            Array.ForEach(pointers, Marshal.FreeCoTaskMem);
            _ = _destroy(&program);
        }
    }

    private string Log(nint program)
    {
        nuint size;
        if (_logSize(program, &size) != 0 || size == 0)
        {
            return "";
        }

        byte[] text = new byte[(int)size];
        fixed (byte* p = text)
        {
            _ = _log(program, p);
        }

        return NvidiaLibrary.Text(text);
    }

    private void Check(int error, string what)
    {
        if (error != 0)
        {
            NvidiaLibrary.Fail(what, NvidiaLibrary.Text(_errorText(error)));
        }
    }

    /// <summary>
    /// PyTorch's own first: libcaffe2_nvrtc.so lies beside libtorch and depends on the NVRTC that it was shipped with, found by its run path; functions of a
    /// dependency are found through it. Then Python's NVIDIA packages beside that torch, a CUDA toolkit, and what the loader knows.
    /// </summary>
    private static IEnumerable<string> Candidates()
    {
        if (EngineDescription.Read()?.Libraries is { } libraries)
        {
            string bundled = Path.Combine(libraries, "libcaffe2_nvrtc.so");
            if (File.Exists(bundled))
            {
                yield return bundled;
            }

            foreach (string found in Search(libraries, "").Concat(Search(Path.Combine(libraries, "..", "..", "nvidia"), "lib")))
            {
                yield return found;
            }
        }

        string toolkit = Environment.GetEnvironmentVariable("CUDA_HOME") is { Length: > 0 } home ? home : "/usr/local/cuda";
        foreach (string found in Search(Path.Combine(toolkit, "lib64"), ""))
        {
            yield return found;
        }

        yield return "libnvrtc.so.13";
        yield return "libnvrtc.so.12";
        yield return "libnvrtc.so.11.2";
        yield return "libnvrtc.so";
    }

    private static IEnumerable<string> Search(string folder, string below)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        IEnumerable<string> folders = below.Length == 0 ? [folder] : Directory.GetDirectories(folder).Select(d => Path.Combine(d, below)).Where(Directory.Exists);
        // Not libnvrtc-builtins, and none of the alternative ones that need another set of builtins.
        return folders.SelectMany(f => Directory.GetFiles(f, "libnvrtc.so*")).Order(StringComparer.Ordinal);
    }
}
