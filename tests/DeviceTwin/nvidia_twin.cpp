// A stand-in for NVIDIA's driver, run-time compiler and management library, with one device that is this machine's CPU. "Machine code" is the path of a shared
// object that g++ made of the kernels' source; a launch runs it over host memory. For tests of everything above these libraries.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#define API extern "C" __attribute__((visibility("default")))

namespace {
struct Program { std::string source, name, log, code; };
struct Function { void (*launch)(unsigned, unsigned, unsigned, void**); };
int launches = 0, compilations = 0;
int64_t energy = 1'000'000;  // millijoules
std::string folder() { const char* set = std::getenv("HARNESS_TWIN_FOLDER"); return set ? set : "/tmp"; }
}

// ---- the compiler ----
API int nvrtcVersion(int* major, int* minor) { *major = 13; *minor = 0; return 0; }
API const char* nvrtcGetErrorString(int error) { return error == 6 ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR_INVALID_INPUT"; }
API int nvrtcCreateProgram(Program** program, const char* source, const char* name, int headers, const char**, const char**) {
    if (headers != 0) return 3;
    *program = new Program{source, name ? name : "", "", ""};
    return 0;
}
API int nvrtcDestroyProgram(Program** program) { delete *program; *program = nullptr; return 0; }
API int nvrtcCompileProgram(Program* program, int count, const char** options) {
    compilations++;
    const std::string base = folder() + "/twin-" + std::to_string(getpid()) + "-" + std::to_string(compilations);
    std::string command = "g++ -shared -fPIC -O1 -w -std=c++17 -fvisibility=default -include " HOST_DEVICE_HEADER;
    for (int i = 0; i < count; i++) {
        const std::string option = options[i];
        if (option.rfind("-D", 0) == 0) command += " " + option;
        else if (option.rfind("--gpu-architecture=sm_", 0) != 0 && option != "--std=c++17") { program->log = "unknown option " + option; return 5; }
    }
    std::ofstream file(base + ".cpp");
    file << program->source << "\n";
    const std::string& source = program->source;
    const std::string mark = "\nKERNEL(";
    for (size_t at = source.find(mark), next; at != std::string::npos; at = next) {
        next = source.find(mark, at + mark.size());
        const std::string own = source.substr(at, next == std::string::npos ? next : next - at);
        const std::string name = own.substr(mark.size(), own.find(')') - mark.size());
        bool waits = false;
        for (const char* word : {"__syncthreads", "warp_sum", "warp_max", "block_sum", "block_max", "join_warps", "add_joined"}) waits |= own.find(word) != std::string::npos;
        file << (waits ? "HOST_LAUNCH(" : "HOST_LAUNCH_FREELY(") << name << ")\n";
    }
    file.close();
    command += " " + base + ".cpp -o " + base + ".so 2> " + base + ".log";
    const int failed = std::system(command.c_str());
    std::stringstream log;
    log << std::ifstream(base + ".log").rdbuf();
    program->log = log.str();
    program->code = base + ".so";
    std::remove((base + ".cpp").c_str());
    std::remove((base + ".log").c_str());
    return failed ? 6 : 0;
}
API int nvrtcGetProgramLogSize(Program* program, size_t* size) { *size = program->log.size() + 1; return 0; }
API int nvrtcGetProgramLog(Program* program, char* log) { std::memcpy(log, program->log.c_str(), program->log.size() + 1); return 0; }
API int nvrtcGetCUBINSize(Program* program, size_t* size) { *size = program->code.size(); return 0; }
API int nvrtcGetCUBIN(Program* program, char* code) { std::memcpy(code, program->code.data(), program->code.size()); return 0; }

// ---- the driver ----
API int cuInit(unsigned) { return 0; }
API int cuDriverGetVersion(int* version) { *version = 13000; return 0; }
API int cuDeviceGet(int* device, int ordinal) { *device = ordinal; return ordinal == 0 ? 0 : 101; }
API int cuDeviceGetPCIBusId(char* text, int, int) { std::strcpy(text, "0000:1B:00.0"); return 0; }
API int cuDeviceGetName(char* text, int, int) { std::strcpy(text, "Host twin"); return 0; }
API int cuDeviceGetAttribute(int* value, int attribute, int) { *value = attribute == 75 ? 9 : attribute == 76 ? 0 : attribute == 16 ? 4 : 0; return 0; }
API int cuCtxGetCurrent(void** context) { *context = nullptr; return 0; }
API int cuCtxGetDevice(int*) { return 201; }  // there is no current context
API int cuCtxSetCurrent(void* context) { return context ? 0 : 201; }
API int cuDevicePrimaryCtxRetain(void** context, int) { *context = &launches; return 0; }
API int cuModuleLoadData(void** module, const void* image) {
    *module = dlopen(static_cast<const char*>(image), RTLD_NOW | RTLD_LOCAL);
    if (!*module) std::fprintf(stderr, "twin: %s\n", dlerror());
    return *module ? 0 : 200;
}
API int cuModuleUnload(void* module) { return dlclose(module); }
API int cuModuleGetFunction(void** function, void* module, const char* name) {
    void* found = dlsym(module, (std::string(name) + "_launch").c_str());
    if (!found) return 500;
    *function = found;
    return 0;
}
API int cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void*, void** arguments, void** extra) {
    if (gx == 0 || gy == 0 || gz != 1 || bx == 0 || bx > 1024 || bx % 32 != 0 || by != 1 || bz != 1 || shared != 0 || extra) return 1;
    launches++;
    reinterpret_cast<void (*)(unsigned, unsigned, unsigned, void**)>(function)(gx, gy, bx, arguments);
    return 0;
}
API int cuGetErrorString(int error, const char** text) {
    *text = error == 1 ? "invalid argument" : error == 101 ? "invalid device ordinal" : error == 500 ? "named symbol not found" : "twin error";
    return 0;
}
API int twin_launches() { return launches; }
API int twin_compilations() { return compilations; }

// ---- the management library ----
// What a device lacks is decided when its handle is asked for: bit 0 the energy counter, bit 1 readings of power.
namespace {
struct Managed { bool no_energy, no_power; };
Managed managed[4] = {{false, false}, {true, false}, {false, true}, {true, true}};
int lacks = 0;
}
API void twin_lack(int what) { lacks = what; }
API int nvmlInit_v2() { return 0; }
API const char* nvmlErrorString(int error) { return error == 6 ? "Not Found" : error == 3 ? "Not Supported" : "Unknown Error"; }
API int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) { *device = &managed[lacks]; return index == 0 ? 0 : 6; }
API int nvmlDeviceGetHandleByUUID(const char* uuid, void** device) { *device = &managed[lacks]; return std::strcmp(uuid, "GPU-twin") == 0 ? 0 : 6; }
API int nvmlDeviceGetHandleByPciBusId_v2(const char* place, void** device) { *device = &managed[lacks]; return std::strcmp(place, "0000:1B:00.0") == 0 ? 0 : 6; }
API int nvmlDeviceGetName(void*, char* text, unsigned) { std::strcpy(text, "Host twin"); return 0; }
API int nvmlDeviceGetUUID(void*, char* text, unsigned) { std::strcpy(text, "GPU-twin"); return 0; }
API int nvmlDeviceGetPowerUsage(Managed* device, unsigned* milliwatts) { *milliwatts = 350500; return device->no_power ? 3 : 0; }
API int nvmlDeviceGetEnforcedPowerLimit(void*, unsigned* milliwatts) { *milliwatts = 700000; return 0; }
API int nvmlDeviceGetTotalEnergyConsumption(Managed* device, unsigned long long* millijoules) { *millijoules = energy += 250; return device->no_energy ? 3 : 0; }
API int nvmlDeviceGetClockInfo(void*, int which, unsigned* megahertz) { *megahertz = which == 1 ? 1980 : 2619; return 0; }
API int nvmlDeviceGetTemperature(void*, int, unsigned*) { return 3; }
API int nvmlDeviceGetMemoryInfo(void*, unsigned long long* memory) { memory[0] = 80ull << 30; memory[1] = 79ull << 30; memory[2] = 1ull << 30; return 0; }
