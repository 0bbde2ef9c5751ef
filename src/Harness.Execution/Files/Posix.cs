using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Harness.Execution.Files;

/// <summary>The calls of libc that .NET has no counterpart for: fsync of a folder, link, rename without checks, open without following links, kill.</summary>
internal static partial class Posix
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int AccessDenied = 13;
    public const int Exists = 17;
    public const int NotADirectory = 20;
    public const int IsADirectory = 21;
    public const int InvalidArgument = 22;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;
    public const int NotEmptyLinux = 39;
    public const int NotEmptyMac = 66;
    public const int TooManyLinksLinux = 40;
    public const int TimedOut = 110;
    public const int Stale = 116;
    public const int QuotaLinux = 122;

    public const int ReadOnlyFlag = 0;
    public const int WriteOnlyFlag = 1;

    private const int CreateExclusiveLinux = 0x40 | 0x80;
    private const int CreateExclusiveMac = 0x200 | 0x800;

    public static int CreateExclusive => OperatingSystem.IsMacOS() ? CreateExclusiveMac : CreateExclusiveLinux;

    private static int NonBlocking => OperatingSystem.IsMacOS() ? 0x4 : 0x800;

    private static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>O_NOFOLLOW differs between the kernels of x86 and ARM (asm-generic/fcntl.h against arch/arm64/include/uapi/asm/fcntl.h).</summary>
    private static int NoFollow =>
        OperatingSystem.IsMacOS() ? 0x100 : RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>Opens without following a link and without waiting for a FIFO's other end.</summary>
    public static SafeFileHandle Open(string path, int flags)
    {
        while (true)
        {
            var descriptor = OpenCall(path, flags | CloseOnExec | NoFollow | NonBlocking, 0x1B6 /* 0666, less the umask */);
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
            {
                throw Failure("open", path, error);
            }
        }
    }

    public static void SyncFolder(string folder)
    {
        var descriptor = OpenCall(folder, ReadOnlyFlag | CloseOnExec, 0);
        if (descriptor < 0)
        {
            throw Failure("open", folder, Marshal.GetLastPInvokeError());
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FsyncCall(descriptor) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error is not (InvalidArgument or 95 or 45))
            {
                throw Failure("fsync", folder, error); // Some network and FUSE folders can't be synced (EINVAL, ENOTSUP): nothing more can be done there.
            }
        }
    }

    /// <summary>0 or the error number.</summary>
    public static int Link(string existing, string name) => LinkCall(existing, name) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Makes a folder in a folder that exists; 0 or the error number.</summary>
    public static int MakeFolder(string folder) => MakeFolderCall(folder, 0x1FF /* 0777, less the umask */) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>0 or the error number.</summary>
    public static int Rename(string from, string to) => RenameCall(from, to) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Sends a signal; false if there is no such process or it belongs to someone else.</summary>
    public static bool Kill(int pid, int signal) => pid > 1 && KillCall(pid, signal) == 0;

    /// <summary>An exception of the usual type whose HResult is the error number.</summary>
    public static Exception Failure(string call, string path, int error) => error switch
    {
        NoEntry => new FileNotFoundException($"{path}: not found.", path),
        NotADirectory => new DirectoryNotFoundException($"{path}: a part of the path is no folder."),
        AccessDenied or NotPermitted => new UnauthorizedAccessException($"{path}: permission denied."),
        ReadOnly => new UnauthorizedAccessException($"{path}: the file system is read-only."),
        TooManyLinksLinux => new IOException($"{path}: a symbolic link; links inside a run's folder are not followed. Remove it.", error),
        _ => new IOException($"{path}: {call} failed: {Marshal.GetPInvokeErrorMessage(error)}.", error),
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FsyncCall(int descriptor);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkCall(string existing, string name);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFolderCall(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameCall(string from, string to);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillCall(int pid, int signal);
}
