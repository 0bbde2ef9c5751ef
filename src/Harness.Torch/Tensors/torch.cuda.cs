using Harness.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>NVIDIA GPUs.</summary>
    public static class cuda
    {
        /// <summary>Whether libtorch can use a GPU.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>Number of GPUs that libtorch can use.</summary>
        public static int device_count() => Native.ht_cuda_device_count();

        /// <summary>Whether cuDNN is there.</summary>
        public static bool is_cudnn_available() => Native.ht_cuda_has_cudnn() != 0;

        /// <summary>Seeds the default generator of the current GPU.</summary>
        public static Generator manual_seed(long seed)
        {
            Generator generator = Generator.Default(DeviceType.CUDA, -1);
            return generator.manual_seed(seed);
        }

        /// <summary>Seeds the default generators of all GPUs.</summary>
        public static Generator manual_seed_all(long seed)
        {
            for (int i = device_count() - 1; i > 0; i--)
            {
                using Generator generator = Generator.Default(DeviceType.CUDA, i);
                generator.manual_seed(seed);
            }

            Generator first = Generator.Default(DeviceType.CUDA, 0);
            return first.manual_seed(seed);
        }

        /// <summary>Waits until a GPU has done everything that was asked of it.</summary>
        public static void synchronize(Device? device = null) => Native.Check(Native.ht_cuda_synchronize(device?.index ?? -1));
    }

    /// <summary>Switches of the numerical libraries.</summary>
    public static class backends
    {
        /// <summary>Switches of operations on GPUs.</summary>
        public static class cuda
        {
            /// <summary>Switches of matrix products.</summary>
            public static class matmul
            {
                /// <summary>Whether float32 products may round their factors to TF32 (10 bits of mantissa).</summary>
                public static bool allow_tf32
                {
                    get => Native.Switch(Native.ht_switch_cublas_tf32(-1));
                    set => Native.Switch(Native.ht_switch_cublas_tf32(value ? 1 : 0));
                }

                /// <summary>Whether float16 products may add up in float16.</summary>
                public static bool allow_fp16_reduced_precision_reduction
                {
                    get => Native.Switch(Native.ht_switch_fp16_reduction(-1));
                    set => Native.Switch(Native.ht_switch_fp16_reduction(value ? 1 : 0));
                }
            }

            /// <summary>Allows or forbids flash attention.</summary>
            public static void enable_flash_sdp(bool enable) => Native.Switch(Native.ht_switch_flash_sdp(enable ? 1 : 0));

            /// <summary>Whether flash attention is allowed.</summary>
            public static bool flash_sdp_enabled() => Native.Switch(Native.ht_switch_flash_sdp(-1));

            /// <summary>Allows or forbids attention by plain operations.</summary>
            public static void enable_math_sdp(bool enable) => Native.Switch(Native.ht_switch_math_sdp(enable ? 1 : 0));

            /// <summary>Whether attention by plain operations is allowed.</summary>
            public static bool math_sdp_enabled() => Native.Switch(Native.ht_switch_math_sdp(-1));
        }

        /// <summary>Switches of cuDNN.</summary>
        public static class cudnn
        {
            /// <summary>Whether float32 convolutions may use TF32.</summary>
            public static bool allow_tf32
            {
                get => Native.Switch(Native.ht_switch_cudnn_tf32(-1));
                set => Native.Switch(Native.ht_switch_cudnn_tf32(value ? 1 : 0));
            }
        }
    }
}
