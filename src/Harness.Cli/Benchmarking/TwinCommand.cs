using System.CommandLine;
using Harness.Cli.Hosting;
using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Measurement.Twins;

namespace Harness.Cli.Benchmarking;

/// <summary><c>harness bench serve</c> and <c>harness bench parity</c>: the harness's half of experiments/throughput on a machine without .NET.</summary>
internal sealed class TwinCommand
{
    private readonly Option<string> _shape = new("--shape") { Description = "LAYERSxWIDTHxHEADSxCONTEXTxVOCABULARY of a gpt2 model.", Required = true };
    private readonly Option<int> _batch = new("--batch") { Description = "Sequences a step.", DefaultValueFactory = _ => 8 };
    private readonly Option<int?> _micro = new("--micro-batch") { Description = "Sequences a forward pass. Default: what memory allows." };
    private readonly Option<string> _device = new("--device") { Description = "cpu or cuda:K.", DefaultValueFactory = _ => Machine.DefaultDevices()[0] };
    private readonly Option<bool> _half = new("--bf16") { Description = "bfloat16 under an fp32 master copy." };
    private readonly Option<TwinArm> _arm = new("--arm") { Description = "Eager, Graph or Stack.", DefaultValueFactory = _ => TwinArm.Graph };
    private readonly Option<int> _members = new("--members") { Description = "Models of a stack.", DefaultValueFactory = _ => 8 };
    private readonly Option<double> _rate = new("--rate") { Description = "Learning rate.", DefaultValueFactory = _ => 1e-4 };

    private IEnumerable<Option> All => [_shape, _batch, _micro, _device, _half, _arm, _members, _rate];

    public static Command Serve()
    {
        var options = new TwinCommand();
        var command = new Command("serve", "Time steps on demand: a number on standard input is answered by the seconds of as many steps. For programs that take turns.");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            TwinBench.Serve(options.Request(parsed), Console.In, parsed.InvocationConfiguration.Output);
            return ExitCodes.Done;
        });
        return command;
    }

    public static Command Parity()
    {
        var options = new TwinCommand();
        var folder = new Argument<string>("FOLDER") { Description = "Where weights, batches, first gradients and losses go." };
        var steps = new Option<int>("--steps") { Description = "Steps.", DefaultValueFactory = _ => 200 };
        var command = new Command("parity", "Write weights, batches, the first gradient and the losses of some steps, for another program to repeat.") { folder, steps };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            TwinBench.WriteParity(options.Request(parsed), parsed.GetValue(folder)!, parsed.GetValue(steps));
            return ExitCodes.Done;
        });
        return command;
    }

    private void AddTo(Command command)
    {
        foreach (var option in All)
        {
            command.Options.Add(option);
        }
    }

    private TwinRequest Request(ParseResult parsed)
    {
        int[] shape = [.. parsed.GetValue(_shape)!.Split('x').Select(part => int.TryParse(part, System.Globalization.CultureInfo.InvariantCulture, out var n) && n > 0 ? n : 0)];
        if (shape.Length != 5 || shape.Contains(0) || shape[1] % shape[2] != 0)
        {
            throw new UserMistakeException($"--shape: '{Printable.Text(parsed.GetValue(_shape))}'; LAYERSxWIDTHxHEADSxCONTEXTxVOCABULARY is needed, five counts, the heads a divisor of the width, such as 2x64x4x128x256.");
        }

        return new TwinRequest
        {
            Model = ModelFamily.Gpt2.Model(shape[0], shape[1], shape[2], shape[3], shape[4]),
            BatchRows = parsed.GetValue(_batch),
            MicroRows = parsed.GetValue(_micro),
            Device = parsed.GetValue(_device)!,
            Precision = parsed.GetValue(_half) ? Precision.Bf16 : Precision.Fp32,
            Arm = parsed.GetValue(_arm),
            Members = parsed.GetValue(_members),
            LearningRate = parsed.GetValue(_rate),
        };
    }
}
