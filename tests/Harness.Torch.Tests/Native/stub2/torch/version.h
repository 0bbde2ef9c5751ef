// Makes libtorch 1.13's headers answer as another version, so that the branches for libtorch 2 are at least read by a compiler in every test run.
// Beside it lie the declarations that came after 1.13, as those versions have them; the test says which version it plays with -DHT_PLAYED_MINOR.
#pragma once
#define TORCH_VERSION_MAJOR 2
#define TORCH_VERSION_MINOR HT_PLAYED_MINOR
#define TORCH_VERSION_PATCH 0
#define TORCH_VERSION "2.x, played"
