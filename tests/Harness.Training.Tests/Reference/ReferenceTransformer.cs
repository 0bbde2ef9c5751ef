using Harness.Core.Models;
using Harness.Training.Models;

namespace Harness.Training.Tests.Reference;

/// <summary>The model of <see cref="ModelSpec"/> in plain C# and double precision. It shares nothing with the engine but the layout's offsets.</summary>
internal sealed class ReferenceTransformer
{
    private readonly ModelSpec _model;
    private readonly ParameterLayout _layout;

    public ReferenceTransformer(ModelSpec model, double[] weights)
    {
        _model = model;
        _layout = ParameterLayout.Of(model);
        Weights = weights;
        Gradients = new double[weights.Length];
    }

    public double[] Weights { get; }

    public double[] Gradients { get; private set; }

    /// <summary>Mean loss, nats a token; with <paramref name="backward"/> also <see cref="Gradients"/>, from zero.</summary>
    public double Loss(int[][] windows, bool backward = false)
    {
        int b = windows.Length, t = windows[0].Length - 1, d = _model.ModelDim, v = _model.VocabularySize, n = b * t;
        var inputs = windows.SelectMany(w => w.Take(t)).ToArray();
        var targets = windows.SelectMany(w => w.Skip(1)).ToArray();
        if (backward)
        {
            Gradients = new double[Weights.Length];
        }

        var x = new double[n * d];
        for (var r = 0; r < n; r++)
        {
            for (var i = 0; i < d; i++)
            {
                x[r * d + i] = W("token_embedding.weight")[inputs[r] * d + i]
                    + (_model.Positions == PositionEncoding.Learned ? W("position_embedding.weight")[r % t * d + i] : 0);
            }
        }

        var blocks = Enumerable.Range(0, _model.LayerCount).Select(i => new Block(this, $"blocks.{i}", b, t)).ToList();
        foreach (var block in blocks)
        {
            x = block.Forward(x);
        }

        var last = x;
        var normal = Norm(last, "final_norm", n);
        var head = _model.TiedHead ? "token_embedding.weight" : "head.weight";
        var multiplier = _model.MaximalUpdate is { } mup ? mup.BaseModelDim / (double)d : 1;
        var logits = ReferenceOps.Linear(normal, W(head), [], n, d, v);
        var loss = 0.0;
        for (var r = 0; r < n; r++)
        {
            var row = logits.AsSpan(r * v, v);
            foreach (ref var z in row)
            {
                z *= multiplier;
            }

            var max = double.NegativeInfinity;
            foreach (var z in row)
            {
                max = Math.Max(max, z);
            }

            var sum = 0.0;
            foreach (var z in row)
            {
                sum += Math.Exp(z - max);
            }

            loss += (Math.Log(sum) + max - row[targets[r]]) / n;
            for (var j = 0; j < v; j++)
            {
                row[j] = (Math.Exp(row[j] - max) / sum - (j == targets[r] ? 1 : 0)) / n * multiplier;
            }
        }

        if (!backward)
        {
            return loss;
        }

        var dx = NormBackward(ReferenceOps.LinearBackward(logits, normal, W(head), G(head), [], n, d, v), last, "final_norm", n);
        for (var i = blocks.Count - 1; i >= 0; i--)
        {
            dx = blocks[i].Backward(dx);
        }

        for (var r = 0; r < n; r++)
        {
            for (var i = 0; i < d; i++)
            {
                G("token_embedding.weight")[inputs[r] * d + i] += dx[r * d + i];
                if (_model.Positions == PositionEncoding.Learned)
                {
                    G("position_embedding.weight")[r % t * d + i] += dx[r * d + i];
                }
            }
        }

        return loss;
    }

    private Span<double> W(string name) => Slice(Weights, name);

    private Span<double> G(string name) => Slice(Gradients, name);

    private Span<double> Slice(double[] flat, string name) =>
        _layout.Contains(name) ? flat.AsSpan((int)_layout[name].Offset, (int)_layout[name].Length) : [];

    private double[] Norm(double[] x, string name, int n) => _model.Normalization == Normalization.LayerNorm
        ? ReferenceOps.LayerNorm(x, W(name + ".gain"), W(name + ".bias"), n, _model.ModelDim)
        : ReferenceOps.RmsNorm(x, W(name + ".gain"), n, _model.ModelDim);

    private double[] NormBackward(double[] dy, double[] x, string name, int n) => _model.Normalization == Normalization.LayerNorm
        ? ReferenceOps.LayerNormBackward(dy, x, W(name + ".gain"), G(name + ".gain"), G(name + ".bias"), n, _model.ModelDim)
        : ReferenceOps.RmsNormBackward(dy, x, W(name + ".gain"), G(name + ".gain"), n, _model.ModelDim);

    private double[] Linear(double[] x, string name, int n, int inputs, int outputs) =>
        ReferenceOps.Linear(x, W(name + ".weight"), W(name + ".bias"), n, inputs, outputs);

    private double[] LinearBackward(double[] dy, double[] x, string name, int n, int inputs, int outputs) =>
        ReferenceOps.LinearBackward(dy, x, W(name + ".weight"), G(name + ".weight"), G(name + ".bias"), n, inputs, outputs);

    private sealed class Block(ReferenceTransformer owner, string name, int batch, int context)
    {
        private readonly ModelSpec _m = owner._model;
        private readonly int _n = batch * context;
        private readonly ReferenceAttention _attention = new(
            batch, context, owner._model.HeadCount, owner._model.HeadDim, owner._model.Positions == PositionEncoding.Rotary,
            owner._model.MaximalUpdate is null ? 1 / Math.Sqrt(owner._model.HeadDim) : 1.0 / owner._model.HeadDim);

        private double[] _input = [], _normal1 = [], _mixed = [], _middle = [], _normal2 = [], _hidden = [], _activated = [];

        private bool IsGated => _m.Activation == Activation.SwiGlu;

        private int HiddenUnits => IsGated ? 2 * _m.FeedForwardDim : _m.FeedForwardDim;

        public double[] Forward(double[] x)
        {
            int d = _m.ModelDim, f = _m.FeedForwardDim;
            _input = x;
            _normal1 = owner.Norm(x, name + ".attention_norm", _n);
            _mixed = _attention.Forward(owner.Linear(_normal1, name + ".attention.qkv", _n, d, 3 * d));
            _middle = Sum(x, owner.Linear(_mixed, name + ".attention.output", _n, d, d));
            _normal2 = owner.Norm(_middle, name + ".feed_forward_norm", _n);
            _hidden = owner.Linear(_normal2, name + ".feed_forward.hidden", _n, d, HiddenUnits);
            _activated = new double[_n * f];
            for (var r = 0; r < _n; r++)
            {
                for (var j = 0; j < f; j++)
                {
                    _activated[r * f + j] = IsGated
                        ? ReferenceOps.Silu(_hidden[r * 2 * f + j]) * _hidden[r * 2 * f + f + j]
                        : ReferenceOps.Gelu(_hidden[r * f + j]);
                }
            }

            return Sum(_middle, owner.Linear(_activated, name + ".feed_forward.output", _n, f, d));
        }

        public double[] Backward(double[] dy)
        {
            int d = _m.ModelDim, f = _m.FeedForwardDim;
            var dActivated = owner.LinearBackward(dy, _activated, name + ".feed_forward.output", _n, f, d);
            var dHidden = new double[_hidden.Length];
            for (var r = 0; r < _n; r++)
            {
                for (var j = 0; j < f; j++)
                {
                    var g = dActivated[r * f + j];
                    if (IsGated)
                    {
                        int gate = r * 2 * f + j, value = gate + f;
                        dHidden[gate] = g * _hidden[value] * ReferenceOps.SiluDerivative(_hidden[gate]);
                        dHidden[value] = g * ReferenceOps.Silu(_hidden[gate]);
                    }
                    else
                    {
                        dHidden[r * f + j] = g * ReferenceOps.GeluDerivative(_hidden[r * f + j]);
                    }
                }
            }

            var dNormal2 = owner.LinearBackward(dHidden, _normal2, name + ".feed_forward.hidden", _n, d, HiddenUnits);
            var dMiddle = Sum(dy, owner.NormBackward(dNormal2, _middle, name + ".feed_forward_norm", _n));
            var dMixed = owner.LinearBackward(dMiddle, _mixed, name + ".attention.output", _n, d, d);
            var dNormal1 = owner.LinearBackward(_attention.Backward(dMixed), _normal1, name + ".attention.qkv", _n, d, 3 * d);
            return Sum(dMiddle, owner.NormBackward(dNormal1, _input, name + ".attention_norm", _n));
        }

        private static double[] Sum(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a + b)];
    }
}
