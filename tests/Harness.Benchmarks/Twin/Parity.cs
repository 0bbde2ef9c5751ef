using System.Runtime.InteropServices;
using System.Text.Json;
using Harness.Core.Training;
using Harness.Training.Data;
using Harness.Training.Models;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Benchmarks.Twin;

/// <summary>Fifty steps on real text, written down so that another program can repeat them: shape.json, weights.f32, batches.i64, gradients.f32, losses.f64.</summary>
internal static class Parity
{
    private const int Steps = 50;
    private const double LearningRate = 1e-3;
    private const long Seed = 1;

    public static void Write(string folder, TwinShape shape)
    {
        Directory.CreateDirectory(folder);
        set_num_threads(1);
        using var tokens = new DataCatalog().Open(TokenExport.Corpus);
        var order = new BatchOrder(tokens.Train.Length, shape.Context, shape.Batch, Seed);
        var micro = Math.Min(shape.Batch, MicroBatch.Rows(shape.Model, shape.Batch, onCpu: true));
        using var engine = new StepEngine(shape.Model, OptimizerSpec.Default, Precision.Fp32, CPU, shape.Batch, micro);
        var layout = engine.Parameters.Layout;
        var weights = InitialWeights.Of(layout, Seed);
        engine.Parameters.Load(weights);
        engine.Optimizer.Reset();
        Save(folder, "weights.f32", weights);

        var window = new long[shape.Context + 1];
        var losses = new double[Steps];
        using (var batches = File.Create(Path.Combine(folder, "batches.i64")))
        {
            for (var step = 0; step < Steps; step++)
            {
                for (var row = 0; row < shape.Batch; row++)
                {
                    tokens.Train.Read(order.OffsetOf(step, row), window);
                    engine.Batch.SetRow(row, window);
                    batches.Write(MemoryMarshal.AsBytes<long>(window));
                }

                losses[step] = engine.Compute(step > 0 ? null : p => Save(folder, "gradients.f32", p.Gradients.data<float>().ToArray())).Loss;
                engine.Apply(LearningRate, step + 1);
            }
        }

        Save(folder, "losses.f64", losses);
        File.WriteAllText(Path.Combine(folder, "shape.json"), JsonSerializer.Serialize(new
        {
            shape = new { layers = shape.Layers, width = shape.Width, heads = shape.Heads, batch = shape.Batch, context = shape.Context },
            learning_rate = LearningRate,
            engine = engine.PathName,
            slots = layout.Slots.Select(s => new { name = s.Name, offset = s.Offset, shape = s.Shape }),
        }));
    }

    private static void Save<T>(string folder, string name, T[] values) where T : unmanaged =>
        File.WriteAllBytes(Path.Combine(folder, name), MemoryMarshal.AsBytes<T>(values));
}
