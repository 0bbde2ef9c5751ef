using Harness.Torch.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public sealed unsafe partial class Tensor
    {
        /// <summary>Reads of values by this thread so far; see <see cref="Harness.Torch.TorchExtensions.HostReads"/>.</summary>
        [ThreadStatic]
        internal static long HostReads;

        /// <summary>Another tensor over the same memory, recorded as a view.</summary>
        public Tensor alias() => new(Native.ht_alias_op(Handle));

        /// <summary>A copy in memory of its own.</summary>
        public Tensor clone() => new(Native.ht_clone(Handle));

        /// <summary>This tensor's elements in row-major order without gaps: a copy only where needed.</summary>
        public Tensor contiguous() => new(Native.ht_contiguous(Handle));

        /// <summary>Copies elements from a tensor of any type, device and broadcastable shape.</summary>
        /// <param name="source">Where from.</param>
        /// <param name="nonBlocking">Don't wait for a copy between a GPU and pinned memory.</param>
        public Tensor copy_(Tensor source, bool nonBlocking = false) => Done(Native.ht_copy_(Handle, source.Handle, nonBlocking ? 1 : 0));

        /// <summary>This tensor as another type.</summary>
        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(Code(type), null, copy, disposeAfter, non_blocking);

        /// <summary>This tensor on another device.</summary>
        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(-1, device, copy, disposeAfter, non_blocking);

        /// <summary>This tensor as another type on another device.</summary>
        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(Code(type), device, copy, disposeAfter, non_blocking);

        /// <summary>This tensor as another type.</summary>
        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(type, copy, disposeAfter, non_blocking);

        /// <summary>This tensor on the host.</summary>
        public Tensor cpu() => to(CPU);

        /// <summary>This tensor on a GPU.</summary>
        public Tensor cuda(Device? device = null, bool non_blocking = false) => to(device ?? CUDA, non_blocking: non_blocking);

        /// <summary>This tensor as bfloat16.</summary>
        public Tensor bfloat16() => to(ScalarType.BFloat16);

        /// <summary>This tensor as float32.</summary>
        public Tensor @float() => to(ScalarType.Float32);

        /// <summary>This tensor as float64.</summary>
        public Tensor @double() => to(ScalarType.Float64);

        /// <summary>This tensor as float16.</summary>
        public Tensor half() => to(ScalarType.Float16);

        /// <summary>This tensor as int64.</summary>
        public Tensor @long() => to(ScalarType.Int64);

        /// <summary>A copy in page-locked memory.</summary>
        public Tensor pin_memory() => new(Native.ht_pin_memory(Handle));

        /// <summary>Draws every element from a normal distribution.</summary>
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) => Done(Native.ht_normal_(Handle, mean, std, generator?.Handle ?? 0));

        /// <summary>Draws every element from a uniform distribution over [from, to).</summary>
        public Tensor uniform_(double from, double to, Generator? generator = null) => Done(Native.ht_uniform_(Handle, from, to, generator?.Handle ?? 0));

        /// <summary>Draws places (Int64) in proportion to the weights in each row.</summary>
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            new(Native.ht_multinomial(Handle, num_samples, replacement ? 1 : 0, generator?.Handle ?? 0));

        /// <summary>The value of a one-element tensor; waits for the device.</summary>
        /// <exception cref="ArgumentException">The tensor's elements have another type, or it has more than one.</exception>
        public T item<T>()
            where T : unmanaged
        {
            CheckType<T>();
            HostReads++;
            nint h = Handle;
            if (Native.ht_numel(h) != 1)
            {
                throw new ArgumentException($"item() needs a tensor of one element, but this one has the shape [{string.Join(", ", shape)}].");
            }

            T value;
            Native.Check(Native.ht_read_bytes(h, &value, sizeof(T)));
            GC.KeepAlive(this);
            return value;
        }

        /// <summary>The elements, for reading and writing, of a tensor on the host.</summary>
        /// <exception cref="ArgumentException">The tensor's elements have another type.</exception>
        /// <exception cref="InvalidOperationException">The tensor isn't on the host.</exception>
        public TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            CheckType<T>();
            CheckHost();
            HostReads++;
            return new TensorAccessor<T>(this);
        }

        /// <summary>The bytes of a contiguous tensor on the host. The span is valid while this tensor lives.</summary>
        /// <exception cref="InvalidOperationException">The tensor isn't on the host, or not contiguous.</exception>
        public Span<byte> bytes
        {
            get
            {
                CheckHost();
                HostReads++;
                if (!is_contiguous())
                {
                    throw new InvalidOperationException("The bytes of a tensor that isn't contiguous can't be read as one span; call contiguous() first.");
                }

                return new Span<byte>(Native.ht_data_ptr(Handle), checked((int)(numel() * element_size())));
            }

            set
            {
                if (value.Length != numel() * element_size())
                {
                    throw new ArgumentException($"The tensor has {numel() * element_size()} bytes, but {value.Length} were given.", nameof(value));
                }

                value.CopyTo(bytes);
            }
        }

        internal double Number()
        {
            double value;
            HostReads++;
            Native.Check(Native.ht_item_double(Handle, &value));
            return value;
        }

        internal long Integer()
        {
            long value;
            HostReads++;
            Native.Check(Native.ht_item_int64(Handle, &value));
            return value;
        }

        internal void* Data => Native.ht_data_ptr(Handle);

        private Tensor Moved(int type, Device? device, bool copy, bool disposeAfter, bool nonBlocking)
        {
            Tensor result = new(Native.ht_to(Handle, type, device is null ? -1 : (int)device.type, device?.index ?? -1, nonBlocking ? 1 : 0, copy ? 1 : 0));
            if (disposeAfter)
            {
                Dispose();
            }

            return result;
        }

        private void CheckHost()
        {
            if (device_type != DeviceType.CPU)
            {
                throw new InvalidOperationException($"The tensor is on {device}; copy it to the host with cpu() first.");
            }
        }

        private void CheckType<T>()
            where T : unmanaged
        {
            if (TypeOf<T>() != dtype)
            {
                throw new ArgumentException($"The tensor's elements are {dtype}, not {typeof(T).Name}.");
            }
        }

        internal static ScalarType TypeOf<T>()
            where T : unmanaged =>
            typeof(T) == typeof(float) ? ScalarType.Float32
            : typeof(T) == typeof(double) ? ScalarType.Float64
            : typeof(T) == typeof(long) ? ScalarType.Int64
            : typeof(T) == typeof(int) ? ScalarType.Int32
            : typeof(T) == typeof(short) ? ScalarType.Int16
            : typeof(T) == typeof(sbyte) ? ScalarType.Int8
            : typeof(T) == typeof(byte) ? ScalarType.Byte
            : typeof(T) == typeof(bool) ? ScalarType.Bool
            : typeof(T) == typeof(Half) ? ScalarType.Float16
            : throw new ArgumentException($"There is no tensor of {typeof(T).Name}.");
    }
}
