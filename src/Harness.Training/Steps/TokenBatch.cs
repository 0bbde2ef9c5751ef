using System.Runtime.InteropServices;
using Harness.Core.Data;
using Harness.Torch;
using Harness.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Steps;

/// <summary>Room for a batch of windows: inputs and targets, filled on the host and uploaded where the device is another.</summary>
internal sealed class TokenBatch : IDisposable
{
    private readonly Tensor _hostInputs_BT;
    private readonly Tensor _hostTargets_BT;
    private readonly long[] _window;
    private readonly int _vocabulary;

    /// <summary>Room for <paramref name="rows"/> windows of <paramref name="context"/> + 1 tokens, each below <paramref name="vocabulary"/>.</summary>
    public TokenBatch(int rows, int context, int vocabulary, Device device)
    {
        _vocabulary = vocabulary;
        Rows = rows;
        Context = context;
        _window = new long[context + 1];
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        _hostInputs_BT = scope.Detach(TorchExtensions.EmptyForUpload([rows, context], ScalarType.Int64));
        _hostTargets_BT = scope.Detach(TorchExtensions.EmptyForUpload([rows, context], ScalarType.Int64));
        _hostInputs_BT.zero_(); // a stack reads the rows of members that have none yet
        _hostTargets_BT.zero_();
        var onHost = device.type == DeviceType.CPU;
        Inputs_BT = onHost ? _hostInputs_BT : scope.Detach(empty([rows, context], ScalarType.Int64, device));
        Targets_BT = onHost ? _hostTargets_BT : scope.Detach(empty([rows, context], ScalarType.Int64, device));
    }

    /// <summary>Windows, B.</summary>
    public int Rows { get; }

    /// <summary>Tokens predicted a window, T.</summary>
    public int Context { get; }

    /// <summary>Int64, on the device.</summary>
    public Tensor Inputs_BT { get; }

    /// <summary>Int64, on the device: the inputs moved on by one token.</summary>
    public Tensor Targets_BT { get; }

    /// <summary>Reads one window of context + 1 tokens into a row of the host's copy; <see cref="Upload"/> follows the last.</summary>
    public void SetRow(int row, TokenSequence tokens, long offset)
    {
        tokens.Read(offset, _window);
        SetRow(row, _window);
    }

    /// <summary>Writes one window of context + 1 tokens into a row of the host's copy.</summary>
    /// <exception cref="DataUnavailableException">A token is outside the vocabulary: it would read past a table's end.</exception>
    public void SetRow(int row, ReadOnlySpan<long> window)
    {
        foreach (var token in window)
        {
            if ((ulong)token >= (ulong)_vocabulary)
            {
                throw new DataUnavailableException($"the data holds token {token}; model.vocab_size is {_vocabulary}. Raise vocab_size, or prepare the data again.");
            }
        }

        window[..Context].CopyTo(MemoryMarshal.Cast<byte, long>(_hostInputs_BT.bytes).Slice(row * Context, Context));
        window[1..].CopyTo(MemoryMarshal.Cast<byte, long>(_hostTargets_BT.bytes).Slice(row * Context, Context));
    }

    /// <summary>Copies the rows to the device, if that is another.</summary>
    public void Upload()
    {
        if (!ReferenceEquals(Inputs_BT, _hostInputs_BT))
        {
            Inputs_BT.copy_(_hostInputs_BT, nonBlocking: true);
            Targets_BT.copy_(_hostTargets_BT, nonBlocking: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hostInputs_BT.Dispose();
        _hostTargets_BT.Dispose();
        Inputs_BT.Dispose();
        Targets_BT.Dispose();
    }
}
