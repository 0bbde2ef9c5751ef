using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Harness.Torch.Devices;

/// <summary>A library of NVIDIA's that may or may not be on this machine, opened by name at run time: nothing of ours is linked against it.</summary>
internal static class NvidiaLibrary
{
    /// <summary>Opens the first of several libraries that loads.</summary>
    /// <param name="candidates">Names or paths, in order of preference.</param>
    /// <param name="reason">Why none could be opened; the loader's words about the last.</param>
    /// <returns>The handle, or 0.</returns>
    public static nint Open(IEnumerable<string> candidates, out string reason)
    {
        reason = "no candidate was given";
        foreach (string candidate in candidates)
        {
            try
            {
                return NativeLibrary.Load(candidate);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                reason = e.Message.Split('\n')[0].Trim();
            }
        }

        return 0;
    }

    /// <summary>A function's address; throws if the library, though there, is too old to have it.</summary>
    public static nint Function(nint library, string name) => NativeLibrary.GetExport(library, name);

    /// <summary>A function's address, or 0 where this version has none.</summary>
    public static nint Optional(nint library, string name) => NativeLibrary.TryGetExport(library, name, out nint address) ? address : 0;

    /// <summary>Text that a library wrote into a buffer, up to its first zero byte.</summary>
    public static string Text(ReadOnlySpan<byte> buffer)
    {
        int end = buffer.IndexOf((byte)0);
        return System.Text.Encoding.UTF8.GetString(end < 0 ? buffer : buffer[..end]);
    }

    /// <summary>Text that a library owns.</summary>
    public static unsafe string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>UTF-8 with a zero byte at its end.</summary>
    public static byte[] Zeroed(string text) => System.Text.Encoding.UTF8.GetBytes(text + '\0');

    /// <summary>Throws what a driver's call came back with.</summary>
    [DoesNotReturn]
    public static void Fail(string what, string error) => throw new ExternalException($"{what}: {error}");
}
