using System.Globalization;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The host.</summary>
    public static Device CPU { get; } = new(DeviceType.CPU);

    /// <summary>The current GPU.</summary>
    public static Device CUDA { get; } = new(DeviceType.CUDA);

    /// <summary>Shapes without data.</summary>
    public static Device META { get; } = new(DeviceType.META);

    /// <summary>A device by type and number; -1 is the current one.</summary>
    public static Device device(DeviceType type, int index = -1) => new(type, index);

    /// <summary>A device by name, such as <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    /// <exception cref="ArgumentException">The text names no device.</exception>
    public static Device device(string description) => new(description);

    /// <summary>Where a tensor lives.</summary>
    public class Device
    {
        /// <summary>A device by type and number; -1 is the current one.</summary>
        public Device(DeviceType type, int index = -1)
        {
            this.type = type;
            this.index = index;
        }

        /// <summary>A device by name, such as <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
        /// <exception cref="ArgumentException">The text names no device.</exception>
        public Device(string description)
        {
            ArgumentNullException.ThrowIfNull(description);
            string[] parts = description.Split(':');
            DeviceType? found = parts[0].ToUpperInvariant() switch
            {
                "CPU" => DeviceType.CPU,
                "CUDA" => DeviceType.CUDA,
                "META" => DeviceType.META,
                _ => null,
            };
            int number = -1;
            if (found is null || parts.Length > 2
                || (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out number)))
            {
                throw new ArgumentException($"'{description}' is not a device. Use cpu, cuda or cuda:N.", nameof(description));
            }

            type = found.Value;
            index = number;
        }

        /// <summary>The kind of device.</summary>
        public DeviceType type { get; }

        /// <summary>The number among devices of the kind; -1 is the current one.</summary>
        public int index { get; }

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Device other && other.type == type && other.index == index;

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(type, index);

        /// <summary>libtorch's name of the device, such as <c>cuda:0</c>.</summary>
        public override string ToString()
        {
            string name = type switch { DeviceType.CPU => "cpu", DeviceType.CUDA => "cuda", _ => "meta" };
            return index < 0 ? name : name + ":" + index.ToString(CultureInfo.InvariantCulture);
        }
    }
}
