using System.Runtime.InteropServices;

namespace Harness.Torch.Interop;

/// <summary>native/tensor.cpp.</summary>
internal static unsafe partial class Native
{
    [DllImport(Lib)] internal static extern void ht_tensor_free(nint t);
    [DllImport(Lib)] internal static extern nint ht_tensor_alias(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern long ht_ndim(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern long ht_numel(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern long* ht_sizes(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern int ht_dtype(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern int ht_element_size(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern int ht_device_type(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern int ht_device_index(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern int ht_is_contiguous(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern int ht_requires_grad(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern int ht_is_leaf(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern long ht_storage_offset(nint t);
    [DllImport(Lib), SuppressGCTransition] internal static extern int ht_same_impl(nint a, nint b);
    [DllImport(Lib)] internal static extern int ht_strides(nint t, long* @out);
    [DllImport(Lib), SuppressGCTransition] internal static extern void* ht_data_ptr(nint t);
    [DllImport(Lib)] internal static extern int ht_is_pinned(nint t);
    [DllImport(Lib)] internal static extern nint ht_pin_memory(nint t);
    [DllImport(Lib)] internal static extern int ht_set_requires_grad(nint t, int on);
    [DllImport(Lib)] internal static extern int ht_retain_grad(nint t);
    [DllImport(Lib)] internal static extern nint ht_grad(nint t);
    [DllImport(Lib)] internal static extern int ht_set_grad(nint t, nint grad);
    [DllImport(Lib)] internal static extern int ht_backward(nint t, nint grad, int retain_graph, int create_graph, nint* inputs, int input_count);
    [DllImport(Lib)] internal static extern nint ht_detach(nint t);
    [DllImport(Lib)] internal static extern int ht_detach_(nint t);
    [DllImport(Lib)] internal static extern nint ht_alias_op(nint t);
    [DllImport(Lib)] internal static extern nint ht_clone(nint t);
    [DllImport(Lib)] internal static extern nint ht_contiguous(nint t);
    [DllImport(Lib)] internal static extern int ht_copy_(nint t, nint source, int non_blocking);
    [DllImport(Lib)] internal static extern nint ht_to(nint t, int dtype, int device_type, int device_index, int non_blocking, int copy);
    [DllImport(Lib)] internal static extern int ht_item_double(nint t, double* @out);
    [DllImport(Lib)] internal static extern int ht_item_int64(nint t, long* @out);
    [DllImport(Lib)] internal static extern int ht_read_bytes(nint t, void* @out, long bytes);
    [DllImport(Lib)] internal static extern int ht_write_bytes(nint t, void* @in, long bytes);
}
