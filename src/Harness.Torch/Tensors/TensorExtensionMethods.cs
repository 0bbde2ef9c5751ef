namespace TorchSharp;

/// <summary>One-element tensors as numbers, whatever their type; each waits for the device.</summary>
public static class TensorExtensionMethods
{
    /// <summary>The value as float32.</summary>
    public static float ToSingle(this torch.Tensor value) => (float)value.Number();

    /// <summary>The value as float64.</summary>
    public static double ToDouble(this torch.Tensor value) => value.Number();

    /// <summary>The value as a 64-bit integer.</summary>
    public static long ToInt64(this torch.Tensor value) => value.Integer();

    /// <summary>The value as a 32-bit integer.</summary>
    public static int ToInt32(this torch.Tensor value) => checked((int)value.Integer());
}
