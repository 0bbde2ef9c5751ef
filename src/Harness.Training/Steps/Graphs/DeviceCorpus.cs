using System.Runtime.InteropServices;
using Harness.Core.Data;
using Harness.Torch;
using Harness.Training.Data;
using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>
/// Training tokens in the device's memory, in the narrowest type that holds the vocabulary, so that a step fetches its own batch. A corpus that is too large stays on the
/// host, and only the windows of the next steps are brought over. Runs that train at the same time from the same data share one resident copy.
/// </summary>
internal sealed class DeviceCorpus : IDisposable
{
    /// <summary>Bytes that a resident corpus may take.</summary>
    public const long MostBytes = 8L << 30;

    private const int Piece = 4 << 20;

    private static readonly Dictionary<(TokenSequence Source, int Vocabulary, string Device), Resident> Residents = [];
    private static readonly Lock Gate = new();

    private readonly TokenSequence _source;
    private readonly int _vocabulary;
    private readonly ScalarType _type;
    private readonly Device _device;
    private Tensor? _windows;
    private bool _isDisposed;

    /// <summary>Brings the tokens to a device, or arranges to bring windows of them.</summary>
    /// <param name="source">Training tokens; must live as long as this.</param>
    /// <param name="vocabulary">Tokens are below it.</param>
    /// <param name="device">Where to.</param>
    /// <param name="mostBytes">Largest resident corpus.</param>
    /// <exception cref="DataUnavailableException">A token is outside the vocabulary: it would read past a table's end.</exception>
    public DeviceCorpus(TokenSequence source, int vocabulary, Device device, long mostBytes = MostBytes)
    {
        (_source, _vocabulary, _device) = (source, vocabulary, device);
        _type = vocabulary <= 1 << 8 ? ScalarType.Byte : vocabulary <= 1 << 15 ? ScalarType.Int16 : ScalarType.Int32;
        IsResident = source.Length * BytesPerToken <= mostBytes;
        if (IsResident)
        {
            lock (Gate)
            {
                if (!Residents.TryGetValue(Key, out var resident))
                {
                    Residents.Add(Key, resident = new Resident(Whole()));
                }

                resident.Users++;
                Tokens = resident.Tokens;
            }
        }
    }

    /// <summary>Whether all tokens are on the device.</summary>
    public bool IsResident { get; }

    /// <summary>What <see cref="StepTables.Offsets"/> point into, [N]; changes when windows are brought over to a larger place.</summary>
    public Tensor Tokens
    {
        get => field ?? _windows ?? throw new InvalidOperationException("No windows were brought to the device yet.");
        private set;
    }

    private (TokenSequence Source, int Vocabulary, string Device) Key => (_source, _vocabulary, _device.ToString());

    private long BytesPerToken => _type == ScalarType.Byte ? 1 : _type == ScalarType.Int16 ? 2 : 4;

    /// <summary>Makes sure that windows are on the device.</summary>
    /// <param name="offsets">Where windows begin in the source.</param>
    /// <param name="window">Tokens of one, context + 1.</param>
    /// <returns>Where they begin in <see cref="Tokens"/>.</returns>
    public long[] Bring(long[] offsets, int window)
    {
        if (IsResident)
        {
            return offsets;
        }

        using var noGrad = no_grad();
        if (_windows is null || _windows.numel() < offsets.Length * (long)window)
        {
            _windows?.Dispose();
            _windows = empty([offsets.Length * (long)window], _type, _device).DetachFromDisposeScope();
        }

        var moved = new long[offsets.Length];
        var buffer = new int[window];
        using var host = TorchExtensions.EmptyForUpload([offsets.Length * (long)window], _type);
        for (var i = 0; i < offsets.Length; i++)
        {
            _source.Read(offsets[i], buffer);
            moved[i] = i * (long)window;
            Narrow(buffer, host.bytes.Slice((int)(moved[i] * BytesPerToken), (int)(window * BytesPerToken)));
        }

        using var place = _windows.narrow(0, 0, host.numel());
        place.copy_(host);
        return moved;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (IsResident && !_isDisposed)
        {
            lock (Gate)
            {
                if (--Residents[Key].Users == 0)
                {
                    Residents.Remove(Key, out var resident);
                    resident!.Tokens.Dispose();
                }
            }
        }

        _isDisposed = true;
        _windows?.Dispose();
    }

    private Tensor Whole()
    {
        using var noGrad = no_grad();
        var tokens = empty([_source.Length], _type, _device).DetachFromDisposeScope();
        try
        {
            Fill(tokens);
            return tokens;
        }
        catch
        {
            tokens.Dispose();
            throw;
        }
    }

    private void Fill(Tensor tokens)
    {
        var buffer = new int[Math.Min(Piece, _source.Length)];
        for (long at = 0; at < _source.Length; at += buffer.Length)
        {
            var count = (int)Math.Min(buffer.Length, _source.Length - at);
            _source.Read(at, buffer.AsSpan(0, count));
            using var host = empty([count], _type);
            Narrow(buffer.AsSpan(0, count), host.bytes);
            using var place = tokens.narrow(0, at, count);
            place.copy_(host);
        }
    }

    private void Narrow(ReadOnlySpan<int> tokens, Span<byte> bytes)
    {
        var shorts = MemoryMarshal.Cast<byte, short>(bytes);
        var ints = MemoryMarshal.Cast<byte, int>(bytes);
        for (var i = 0; i < tokens.Length; i++)
        {
            var token = tokens[i];
            if ((uint)token >= (uint)_vocabulary)
            {
                throw new DataUnavailableException($"the data holds token {token}; model.vocab_size is {_vocabulary}. Raise vocab_size, or prepare the data again.");
            }

            switch (_type)
            {
                case ScalarType.Byte:
                    bytes[i] = (byte)token;
                    break;
                case ScalarType.Int16:
                    shorts[i] = (short)token;
                    break;
                default:
                    ints[i] = token;
                    break;
            }
        }
    }

    private sealed class Resident(Tensor tokens)
    {
        public Tensor Tokens { get; } = tokens;

        public int Users { get; set; }
    }
}
