using System.Runtime.InteropServices;

namespace Harness.Torch.Interop;

/// <summary>The second library, native/cuda/*.cpp: there only where libtorch_cuda and CUDA's headers were found. Ask <see cref="NativeFolder.Has"/> first.</summary>
internal static unsafe class NativeCuda
{
    private const string Lib = NativeFolder.Cuda;

    // The resolver of library names is set once for the assembly, by the other class; this makes sure that it is.
    static NativeCuda() => _ = Native.ht_cuda_device_count();

    [DllImport(Lib)] internal static extern nint ht_graph_new(int device);
    [DllImport(Lib)] internal static extern void ht_graph_free(nint g);
    [DllImport(Lib)] internal static extern int ht_graph_enter(nint g);
    [DllImport(Lib)] internal static extern int ht_graph_leave(nint g);
    [DllImport(Lib)] internal static extern int ht_graph_capture_begin(nint g, nint shared, nint generator);
    [DllImport(Lib)] internal static extern int ht_graph_capture_end(nint g);
    [DllImport(Lib)] internal static extern void ht_graph_abandon(nint g);
    [DllImport(Lib)] internal static extern long ht_graph_kernels(nint g);
    [DllImport(Lib)] internal static extern int ht_graph_replay(nint g);
    [DllImport(Lib)] internal static extern int ht_graph_reset(nint g);
    [DllImport(Lib)] internal static extern int ht_cuda_memory(int device, long* figures);
    [DllImport(Lib)] internal static extern int ht_cuda_memory_reset_peak(int device);
    [DllImport(Lib)] internal static extern int ht_cuda_memory_fraction(double fraction, int device);
    [DllImport(Lib)] internal static extern int ht_cuda_memory_free(int device, long* figures);
    [DllImport(Lib)] internal static extern int ht_cuda_empty_cache();
    [DllImport(Lib)] internal static extern int ht_cuda_set_device(int device);
    [DllImport(Lib)] internal static extern int ht_cuda_current_device(int* device);
    [DllImport(Lib)] internal static extern int ht_cuda_properties(int device, long* figures);
    [DllImport(Lib)] internal static extern int ht_stream_new(int device, int high_priority, long* packed);
    [DllImport(Lib)] internal static extern int ht_stream_use(long* packed);
    [DllImport(Lib)] internal static extern int ht_stream_current(int device, long* packed);
    [DllImport(Lib)] internal static extern int ht_stream_synchronize(int device);
    [DllImport(Lib)] internal static extern int ht_stream_handle(int device, nint* handle);
    [DllImport(Lib)] internal static extern nint ht_event_record(int device);
    [DllImport(Lib)] internal static extern int ht_event_passed(nint e);
    [DllImport(Lib)] internal static extern int ht_event_synchronize(nint e);
    [DllImport(Lib)] internal static extern int ht_event_await(nint e, int device);
    [DllImport(Lib)] internal static extern int ht_event_elapsed(nint from, nint to, double* milliseconds);
    [DllImport(Lib)] internal static extern void ht_event_free(nint e);
}
