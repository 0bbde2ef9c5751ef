using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Modules;

/// <summary>Holds the enumeration of GELU's variants, where TorchSharp has it.</summary>
public static class GELU
{
    /// <summary>How GELU is computed.</summary>
    [SuppressMessage("Naming", "CA1717", Justification = "TorchSharp's name.")]
    public enum Approximate
    {
        /// <summary>By the error function.</summary>
        none,

        /// <summary>By tanh, as GPT-2 does.</summary>
        tanh,
    }
}
