using System.Runtime.InteropServices;

namespace Harness.Torch.Interop;

/// <summary>native/factories.cpp.</summary>
internal static unsafe partial class Native
{
    [DllImport(Lib)] internal static extern nint ht_zeros(long* size, int n, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_ones(long* size, int n, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_empty(long* size, int n, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_empty_pinned(long* size, int n, int dtype);
    [DllImport(Lib)] internal static extern nint ht_full(long* size, int n, NativeScalar value, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_zeros_like(nint t, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_ones_like(nint t, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_empty_like(nint t, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_arange(NativeScalar start, NativeScalar stop, NativeScalar step, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_rand(long* size, int n, nint g, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_randn(long* size, int n, nint g, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_randint(long low, long high, long* size, int n, nint g, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern nint ht_randperm(long count, nint g, int dtype, int device_type, int device_index, int requires_grad);
    [DllImport(Lib)] internal static extern int ht_normal_(nint t, double mean, double std, nint g);
    [DllImport(Lib)] internal static extern int ht_uniform_(nint t, double from, double to, nint g);
    [DllImport(Lib)] internal static extern nint ht_multinomial(nint t, long count, int replacement, nint g);
    [DllImport(Lib)] internal static extern nint ht_from_bytes(void* data, long* size, int n, int dtype);
    [DllImport(Lib)] internal static extern nint ht_generator_new(ulong seed, int device_type, int device_index);
    [DllImport(Lib)] internal static extern nint ht_generator_default(int device_type, int device_index);
    [DllImport(Lib)] internal static extern void ht_generator_free(nint g);
    [DllImport(Lib)] internal static extern int ht_generator_seed(nint g, ulong seed);
    [DllImport(Lib)] internal static extern ulong ht_generator_initial_seed(nint g);
    [DllImport(Lib)] internal static extern nint ht_generator_state(nint g);
    [DllImport(Lib)] internal static extern int ht_generator_set_state(nint g, nint state);
    [DllImport(Lib)] internal static extern int ht_manual_seed_all(ulong seed);
}
