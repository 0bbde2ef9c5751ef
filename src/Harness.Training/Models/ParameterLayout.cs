using Harness.Core.Models;

namespace Harness.Training.Models;

/// <summary>
/// Where every parameter of a model lies in one flat tensor, computed without tensors. Groups follow one another
/// (<see cref="ParameterGroup"/>), so that decay and per-group learning rates are slices; each parameter starts on a multiple of
/// <see cref="Alignment"/> elements, and the gaps between them stay 0.
/// </summary>
public sealed class ParameterLayout
{
    /// <summary>Elements: 64 bytes in fp32, a cache line and an AVX-512 vector; 32 bytes in bf16.</summary>
    public const int Alignment = 16;

    /// <summary>GPT-2's standard deviation of initial matrices (Radford et al. 2019; 0.02 stands in its released code), chosen at d_model 768.</summary>
    private const double Gpt2Std = 0.02;

    private const double Gpt2ModelDim = 768;

    private readonly Dictionary<string, ParameterSlot> _byName;
    private readonly long[] _groupStarts = new long[4];

    private ParameterLayout(ModelSpec model, IEnumerable<ParameterSlot> unplaced)
    {
        Model = model;
        var slots = new List<ParameterSlot>();
        long offset = 0;
        foreach (var group in unplaced.GroupBy(s => s.Group).OrderBy(g => g.Key))
        {
            _groupStarts[(int)group.Key] = offset;
            foreach (var slot in group)
            {
                slots.Add(slot with { Offset = offset });
                offset = checked((offset + slot.Length + Alignment - 1) / Alignment * Alignment);
            }

            _groupStarts[(int)group.Key + 1] = offset;
        }

        Slots = slots;
        Length = offset;
        _byName = slots.ToDictionary(s => s.Name, StringComparer.Ordinal);
    }

    /// <summary>The model that is laid out.</summary>
    public ModelSpec Model { get; }

    /// <summary>Every parameter, by rising offset.</summary>
    public IReadOnlyList<ParameterSlot> Slots { get; }

    /// <summary>Elements of the flat tensor, gaps included.</summary>
    public long Length { get; }

    /// <summary>Elements at the start of the flat tensor that are decayed: all matrices.</summary>
    public long DecayedLength => _groupStarts[(int)ParameterGroup.Vector];

    /// <summary>The slot of that name. Throws <see cref="KeyNotFoundException"/> if the model has none.</summary>
    public ParameterSlot this[string name] => _byName[name];

    /// <summary>Whether the model has a parameter of that name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>First element and element count of a group.</summary>
    public (long Start, long Length) SliceOf(ParameterGroup group) =>
        (_groupStarts[(int)group], _groupStarts[(int)group + 1] - _groupStarts[(int)group]);

    /// <summary>
    /// Factor on the learning rate: base / d_model for matrices inside blocks under muP (Yang et al. 2022, arXiv 2203.03466, table 8,
    /// Adam), else 1.
    /// </summary>
    public double LearningRateScale(ParameterGroup group) =>
        group == ParameterGroup.HiddenMatrix && Model.MaximalUpdate is { } mup ? mup.BaseModelDim / (double)Model.ModelDim : 1;

    /// <summary>The layout of a model.</summary>
    public static ParameterLayout Of(ModelSpec model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new ParameterLayout(model, Unplaced(model));
    }

    private static IEnumerable<ParameterSlot> Unplaced(ModelSpec m)
    {
        int d = m.ModelDim, f = m.FeedForwardDim;
        // GPT-2's 0.02 at GPT-2's width, and variance ~ 1/fan_in elsewhere: taken over unchanged to d_model 32, 0.02 leaves every block's
        // output near 0, and models of a million tokens never leave the bigram plateau (experiments/LOG.md, "Initial weights").
        var hidden = Gpt2Std * Math.Sqrt(Gpt2ModelDim / d);
        // Table 8 of 2203.03466: under muP the embedding's and the head's variance don't depend on the width; at the base width nothing changes.
        var edge = Gpt2Std * Math.Sqrt(Gpt2ModelDim / (m.MaximalUpdate?.BaseModelDim ?? d));
        // GPT-2: what enters the residual stream shrinks with its number of summands, 2 a layer (Radford et al. 2019, section 2.3).
        var residual = hidden / Math.Sqrt(2.0 * m.LayerCount);

        yield return Matrix("token_embedding.weight", ParameterRole.TokenEmbedding, ParameterGroup.EdgeMatrix, m.VocabularySize, d, edge);
        if (m.Positions == PositionEncoding.Learned)
        {
            yield return Matrix("position_embedding.weight", ParameterRole.PositionEmbedding, ParameterGroup.EdgeMatrix, m.ContextLength, d, edge);
        }

        for (var i = 0; i < m.LayerCount; i++)
        {
            foreach (var slot in Norm(m, $"blocks.{i}.attention_norm")
                .Concat(Linear(m, $"blocks.{i}.attention.qkv", ParameterRole.Attention, checked(3 * d), d, hidden))
                .Concat(Linear(m, $"blocks.{i}.attention.output", ParameterRole.Attention, d, d, residual))
                .Concat(Norm(m, $"blocks.{i}.feed_forward_norm"))
                .Concat(Linear(m, $"blocks.{i}.feed_forward.hidden", ParameterRole.FeedForward, HiddenRows(m), d, hidden))
                .Concat(Linear(m, $"blocks.{i}.feed_forward.output", ParameterRole.FeedForward, d, f, residual)))
            {
                yield return slot;
            }
        }

        foreach (var slot in Norm(m, "final_norm"))
        {
            yield return slot;
        }

        if (!m.TiedHead)
        {
            yield return Matrix("head.weight", ParameterRole.Unembedding, ParameterGroup.EdgeMatrix, m.VocabularySize, d, edge);
        }
    }

    /// <summary>SwiGLU's gate and value matrices are one: the gate's rows first.</summary>
    private static int HiddenRows(ModelSpec m) => m.Activation == Activation.SwiGlu ? checked(2 * m.FeedForwardDim) : m.FeedForwardDim;

    private static IEnumerable<ParameterSlot> Norm(ModelSpec m, string name)
    {
        yield return Vector(name + ".gain", ParameterRole.Normalization, m.ModelDim, 1);
        if (m.Normalization == Normalization.LayerNorm && m.Biases)
        {
            yield return Vector(name + ".bias", ParameterRole.Normalization, m.ModelDim, 0);
        }
    }

    private static IEnumerable<ParameterSlot> Linear(ModelSpec m, string name, ParameterRole role, int rows, int columns, double std)
    {
        yield return Matrix(name + ".weight", role, ParameterGroup.HiddenMatrix, rows, columns, std);
        if (m.Biases)
        {
            yield return Vector(name + ".bias", role, rows, 0);
        }
    }

    private static ParameterSlot Matrix(string name, ParameterRole role, ParameterGroup group, int rows, int columns, double std) =>
        new(name, role, group, rows, columns, 0, std, 0);

    private static ParameterSlot Vector(string name, ParameterRole role, int length, double value) =>
        new(name, role, ParameterGroup.Vector, length, null, 0, 0, value);
}
