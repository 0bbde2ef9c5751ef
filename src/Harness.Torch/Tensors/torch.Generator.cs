using Harness.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Seeds the default generator of the host.</summary>
    public static Generator manual_seed(long seed)
    {
        Generator generator = Generator.Default(DeviceType.CPU, -1);
        return generator.manual_seed(seed);
    }

    /// <summary>The seed of the host's default generator.</summary>
    public static long initial_seed()
    {
        using Generator generator = Generator.Default(DeviceType.CPU, -1);
        return generator.initial_seed();
    }

    /// <summary>The state of the host's default generator, as bytes.</summary>
    public static Tensor get_rng_state()
    {
        using Generator generator = Generator.Default(DeviceType.CPU, -1);
        return generator.get_state();
    }

    /// <summary>Puts the host's default generator into a state that <see cref="get_rng_state"/> gave.</summary>
    public static void set_rng_state(Tensor new_state)
    {
        using Generator generator = Generator.Default(DeviceType.CPU, -1);
        generator.set_state(new_state);
    }

    /// <summary>A source of random numbers with a state of its own.</summary>
    /// <remarks>TorchSharp 0.107 makes every generator on the host; this binding makes it on the device that is named.</remarks>
    public sealed class Generator : IDisposable
    {
        private nint handle;

        /// <summary>Makes a generator for a device, the host unless one is named.</summary>
        public Generator(ulong seed = 0, Device? device = null)
            : this(new Owned(Native.ht_generator_new(seed, device is null ? 0 : (int)device.type, device?.index ?? -1)))
        {
        }

        // A type of its own: a plain nint would let `new Generator(7)` mean the address 7.
        private Generator(Owned owned)
        {
            handle = owned.Handle;
            if (handle == 0)
            {
                GC.SuppressFinalize(this);
                Native.Throw();
            }
        }

        /// <summary>Frees the generator.</summary>
        ~Generator() => Free();

        /// <summary>The <c>at::Generator*</c>.</summary>
        /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
        public nint Handle
        {
            get
            {
                ObjectDisposedException.ThrowIf(handle == 0, this);
                return handle;
            }
        }

        /// <summary>The state, as bytes on the host.</summary>
        public Tensor get_state() => new(Native.ht_generator_state(Handle));

        /// <summary>Puts the generator into a state that <see cref="get_state"/> gave.</summary>
        public void set_state(Tensor value) => Native.Check(Native.ht_generator_set_state(Handle, value.Handle));

        /// <summary>Starts the sequence that belongs to a seed.</summary>
        public Generator manual_seed(long seed)
        {
            Native.Check(Native.ht_generator_seed(Handle, unchecked((ulong)seed)));
            return this;
        }

        /// <summary>The seed of the sequence.</summary>
        public long initial_seed() => unchecked((long)Native.ht_generator_initial_seed(Handle));

        /// <summary>Frees the generator.</summary>
        public void Dispose()
        {
            Free();
            GC.SuppressFinalize(this);
        }

        internal static Generator Default(DeviceType type, int index) => new(new Owned(Native.ht_generator_default((int)type, index)));

        private void Free()
        {
            nint left = Interlocked.Exchange(ref handle, 0);
            if (left != 0)
            {
                Native.ht_generator_free(left);
            }
        }

        private readonly record struct Owned(nint Handle);
    }
}
