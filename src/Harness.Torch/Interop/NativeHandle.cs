namespace Harness.Torch.Interop;

/// <summary>The address of an object of the native side and its one life: freed once, by its owner's <see cref="Dispose"/> or after the owner was forgotten; using it afterwards throws.</summary>
internal sealed class NativeHandle : IDisposable
{
    private readonly Action<nint> free;
    private readonly Type owner;
    private nint handle;

    /// <summary>Takes over what was made.</summary>
    /// <param name="made">What the native side returned; 0 where it failed, and then its error is thrown.</param>
    /// <param name="free">Frees it.</param>
    /// <param name="owner">Whose it is, for messages.</param>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">Nothing was made; libtorch says why.</exception>
    internal NativeHandle(nint made, Action<nint> free, Type owner)
    {
        (handle, this.free, this.owner) = (made, free, owner);
        if (made == 0)
        {
            GC.SuppressFinalize(this);
            Native.Throw();
        }
    }

    /// <summary>Frees the object.</summary>
    ~NativeHandle() => Free();

    /// <summary>The address.</summary>
    /// <exception cref="ObjectDisposedException">It was freed.</exception>
    internal nint Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(handle == 0, owner);
            return handle;
        }
    }

    /// <summary>Frees the object.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        nint left = Interlocked.Exchange(ref handle, 0);
        if (left != 0)
        {
            free(left);
        }
    }
}
