using Harness.Execution.Files;

namespace Harness.Execution.Tests.Faults;

/// <summary>What happens at the chosen call.</summary>
internal enum Fault
{
    /// <summary>The process dies there: that call is done in part or not at all, later ones never.</summary>
    Kill,

    /// <summary>The process dies just after the call.</summary>
    KillAfter,

    /// <summary>The call fails once with EIO, done in part.</summary>
    IoError,

    /// <summary>The call fails once with ENOSPC, done in part.</summary>
    DiskFull,
}

/// <summary>Counts the calls that change a disk and makes the N-th one go wrong. Heartbeats are let through, since their thread would make the count differ from run to run.</summary>
internal sealed class FaultyFiles(IFileLayer inner, int at, Fault fault) : IFileLayer
{
    private bool _dead;

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    public bool Happened { get; private set; }

    public Stream CreateNew(string path) => new FaultyStream(this, Do(path, () => inner.CreateNew(path)), path);

    public Stream OpenRead(string path)
    {
        RefuseTheDead();
        return inner.OpenRead(path);
    }

    public Stream OpenWrite(string path)
    {
        RefuseTheDead();
        return new FaultyStream(this, inner.OpenWrite(path), path);
    }

    public void Sync(Stream stream) => Do("", () => inner.Sync(((FaultyStream)stream).Inner));

    public void SyncFolder(string folder) => Do(folder, () => inner.SyncFolder(folder));

    public void MakeFolder(string folder) => Do(folder, () => inner.MakeFolder(folder));

    public bool TryLink(string existing, string name) => Do(name, () => inner.TryLink(existing, name));

    public bool TryMoveFolder(string from, string to) => Do(to, () => inner.TryMoveFolder(from, to));

    public void Replace(string from, string to) => Do(to, () => inner.Replace(from, to));

    public void Delete(string path) => Do(path, () => inner.Delete(path));

    public void DeleteFolder(string folder) => Do(folder, () => inner.DeleteFolder(folder));

    public EntryKind KindOf(string path)
    {
        RefuseTheDead();
        return inner.KindOf(path);
    }

    public IReadOnlyList<FolderEntry> List(string folder)
    {
        RefuseTheDead();
        return inner.List(folder);
    }

    public long FreeBytes(string folder) => inner.FreeBytes(folder);

    private void Do(string path, Action call) => Do(path, () =>
    {
        call();
        return true;
    });

    private T Do<T>(string path, Func<T> call, Action? inPart = null)
    {
        RefuseTheDead();
        if (path.EndsWith("heartbeat", StringComparison.Ordinal) || Thread.CurrentThread.Name == "heartbeat" || ++Calls != at)
        {
            return call();
        }

        Happened = true;
        if (fault == Fault.KillAfter)
        {
            call();
        }
        else
        {
            inPart?.Invoke();
        }

        _dead = fault is Fault.Kill or Fault.KillAfter;
        throw fault switch
        {
            Fault.IoError => new IOException($"{path}: input/output error", 5),
            Fault.DiskFull => new IOException($"{path}: no space left on device", Posix.NoSpace),
            _ => new ProcessKilledException(),
        };
    }

    private void RefuseTheDead()
    {
        if (_dead && Thread.CurrentThread.Name != "heartbeat")
        {
            throw new ProcessKilledException();
        }
    }

    private sealed class FaultyStream(FaultyFiles owner, Stream stream, string path) : Stream
    {
        public Stream Inner { get; } = stream;

        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => Inner.Length;

        public override long Position
        {
            get => Inner.Position;
            set => Inner.Position = value;
        }

        public override void Write(byte[] buffer, int offset, int count) => owner.Do(
            path,
            () =>
            {
                Inner.Write(buffer, offset, count);
                return true;
            },
            inPart: () => Inner.Write(buffer, offset, count / 2));

        public override void SetLength(long value) => owner.Do(path, () => Inner.SetLength(value));

        public override void Flush() => Inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            Inner.Dispose();
            base.Dispose(disposing);
        }
    }
}

/// <summary>Stands for SIGKILL: nothing that the process does after it reaches the disk.</summary>
internal sealed class ProcessKilledException : Exception;
