namespace Harness.Training.Runs;

/// <summary>
/// Keeps apart what trainers of one process can't do at once on a device. Steps and evaluations of several runs go on side by side; whoever measures a time, or makes or frees an engine
/// (which waits for the whole device, and would spoil a capture under way), waits for the others' steps to end and keeps them waiting meanwhile.
/// </summary>
internal sealed class DeviceTurn : IDisposable
{
    private readonly ReaderWriterLockSlim _turns = new(LockRecursionPolicy.NoRecursion);

    /// <summary>Until disposed, on the same thread: others may be training, nobody is measuring.</summary>
    public IDisposable Together()
    {
        _turns.EnterReadLock();
        return new End(_turns.ExitReadLock);
    }

    /// <summary>Until disposed, on the same thread: nobody else asks anything of the device.</summary>
    public IDisposable Alone()
    {
        _turns.EnterWriteLock();
        return new End(_turns.ExitWriteLock);
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private sealed class End(Action exit) : IDisposable
    {
        private Action? _exit = exit;

        public void Dispose()
        {
            _exit?.Invoke();
            _exit = null;
        }
    }
}
