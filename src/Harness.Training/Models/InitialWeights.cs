using Harness.Training.Numerics;

namespace Harness.Training.Models;

/// <summary>The weights before the first step: a pure function of layout and seed, the same on every device.</summary>
public static class InitialWeights
{
    /// <summary>Writes the initial weights of one parameter.</summary>
    /// <param name="slot">Which parameter.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="values">[slot.Length].</param>
    public static void Fill(ParameterSlot slot, long seed, Span<float> values)
    {
        ArgumentNullException.ThrowIfNull(slot);
        if (slot.InitialStd == 0)
        {
            values.Fill((float)slot.InitialValue);
        }
        else
        {
            CounterRandom.Gaussian(values, seed, CounterRandom.StreamOf(slot.Name), slot.InitialValue, slot.InitialStd);
        }
    }

    /// <summary>The flat tensor's initial content, gaps 0; [layout.Length].</summary>
    public static float[] Of(ParameterLayout layout, long seed)
    {
        ArgumentNullException.ThrowIfNull(layout);
        var flat = new float[layout.Length];
        foreach (var slot in layout.Slots)
        {
            Fill(slot, seed, flat.AsSpan(checked((int)slot.Offset), checked((int)slot.Length)));
        }

        return flat;
    }
}
