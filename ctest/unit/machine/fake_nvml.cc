// SPDX-License-Identifier: MIT
// A library with NVML's names and made-up numbers, as its reference describes it (docs.nvidia.com/deploy/nvml-api).
// Declared apart from the code under test. One of these is defined:
//   FAKE_NVML_GOOD      two devices, the second states less
//   FAKE_NVML_OLD       one device and no function that came later
//   FAKE_NVML_REFUSING  the driver does not run
//   FAKE_NVML_EMPTY     a driver without a device
#include <cstddef>
#include <cstring>

#ifdef _WIN32
#define EXPORTED extern "C" __declspec(dllexport)
#else
#define EXPORTED extern "C" __attribute__((visibility("default")))
#endif

namespace {

constexpr int kSuccess = 0;
[[maybe_unused]] constexpr int kNotSupported = 3;
constexpr int kDriverNotLoaded = 9;
constexpr int kGpuIsLost = 15;

int devices[2] = {0, 1};
int running = 0;

#if defined(FAKE_NVML_GOOD)
constexpr unsigned int kCount = 2;
#elif defined(FAKE_NVML_OLD)
constexpr unsigned int kCount = 1;
#else
constexpr unsigned int kCount = 0;
#endif

int IndexOf(void* device) { return *static_cast<int*>(device); }

struct Memory {
  unsigned long long total, free, used;
};
struct Rates {
  unsigned int gpu, memory;
};

}  // namespace

EXPORTED int nvmlInit_v2();
EXPORTED int nvmlShutdown();
EXPORTED const char* nvmlErrorString(int code);
EXPORTED int nvmlDeviceGetCount_v2(unsigned int* count);
EXPORTED int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void** device);
EXPORTED int nvmlDeviceGetName(void* device, char* name, unsigned int length);
EXPORTED int nvmlDeviceGetMemoryInfo(void* device, Memory* memory);
EXPORTED int nvmlDeviceGetUtilizationRates(void* device, Rates* rates);
EXPORTED int nvmlDeviceGetPowerUsage(void* device, unsigned int* milliwatts);
EXPORTED int nvmlDeviceGetTemperature(void* device, int sensor, unsigned int* celsius);
EXPORTED int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules);

int nvmlInit_v2() {
#ifdef FAKE_NVML_REFUSING
  return kDriverNotLoaded;
#else
  ++running;
  return kSuccess;
#endif
}

int nvmlShutdown() {
  --running;
  return kSuccess;
}

const char* nvmlErrorString(int code) {
  return code == kDriverNotLoaded ? "Driver Not Loaded" : code == kGpuIsLost ? "GPU is lost" : nullptr;
}

int nvmlDeviceGetCount_v2(unsigned int* count) {
  *count = kCount;
  return running == 1 ? kSuccess : kDriverNotLoaded;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void** device) {
  *device = &devices[index];
  return kSuccess;
}

int nvmlDeviceGetMemoryInfo(void* device, Memory* memory) {
  if (IndexOf(device) == 1) return kGpuIsLost;
  *memory = Memory{24ULL << 30, 20ULL << 30, 4ULL << 30};
  return kSuccess;
}

int nvmlDeviceGetUtilizationRates(void* device, Rates* rates) {
  if (IndexOf(device) == 1) return 999;
  *rates = Rates{73, 12};
  return kSuccess;
}

#ifndef FAKE_NVML_OLD

int nvmlDeviceGetName(void* device, char* name, unsigned int length) {
  if (IndexOf(device) == 0) {
    std::strncpy(name, "NVIDIA Test 4090", length);
  } else {
    std::memset(name, 'x', length);  // without an end
  }
  return kSuccess;
}

int nvmlDeviceGetPowerUsage(void* device, unsigned int* milliwatts) {
  *milliwatts = 312'500;
  return IndexOf(device) == 0 ? kSuccess : kNotSupported;
}

int nvmlDeviceGetTemperature(void* device, int sensor, unsigned int* celsius) {
  *celsius = sensor == 0 ? 61 : 99;
  return IndexOf(device) == 0 ? kSuccess : kNotSupported;
}

int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  *millijoules = 8'123'456'789ULL;  // more than 32 bits
  return IndexOf(device) == 0 ? kSuccess : kNotSupported;
}

#endif
