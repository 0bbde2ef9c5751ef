// Included by c10/cuda/CUDAException.h; nothing of it is used.
#pragma once
#include "cuda_runtime_api.h"
