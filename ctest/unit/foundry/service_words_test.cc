// SPDX-License-Identifier: MIT
// What ids and refusals mean; the texts are those that runtimes print.
#include <gtest/gtest.h>

#include "fixtures/foundry/service.h"

namespace assay::foundry {
namespace {

base::Error Refusal(const std::string& what) { return base::Error{base::ErrorCode::kHttpStatus, what, ""}; }

TEST(Generation, HasAName) {
  EXPECT_EQ(ToString(Generation::kG1), "g1");
  EXPECT_EQ(ToString(Generation::kG2), "g2");
  EXPECT_EQ(ToString(Generation::kG3), "g3");
  EXPECT_EQ(ToString(Generation::kPlain), "plain");
}

TEST(HasVersion, IsANumberBehindTheLastColon) {
  for (const char* id : {"a:1", "a:10", "a:b:2", "Phi-4-mini-instruct-cuda-gpu:4"}) EXPECT_TRUE(HasVersion(id)) << id;
  for (const char* id : {"", "a", "a:", ":1", "a:b", "llama3.2:1b", "a:-1", "a:1 ", "a: 1"}) {
    EXPECT_FALSE(HasVersion(id)) << id;
  }
}

TEST(SameVariant, IgnoresCaseAndAVersionThatIsMissing) {
  EXPECT_TRUE(SameVariant("Phi-4:5", "phi-4:5"));
  EXPECT_TRUE(SameVariant("Phi-4:5", "phi-4"));
  EXPECT_TRUE(SameVariant("phi-4", "PHI-4:5"));
  EXPECT_TRUE(SameVariant("phi-4", "phi-4"));
  EXPECT_FALSE(SameVariant("phi-4:5", "phi-4:4"));
  EXPECT_FALSE(SameVariant("phi-4:5", "phi-4:50"));
  EXPECT_FALSE(SameVariant("phi-4-mini:5", "phi-4:5"));
  EXPECT_FALSE(SameVariant("llama3.2:1b", "llama3.2"));
}

TEST(IsOutOfMemory, KnowsTheWordsOfTheRuntimes) {
  for (const char* what :
       {"HTTP 500: Load failed: out of memory", "CUDA failure 2: out of memory",
        "onnxruntime::BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 8589934592",
        "std::bad_alloc", "bad allocation", "hipErrorOutOfMemory", "CUDA_ERROR_OUT_OF_MEMORY",
        "cudaErrorMemoryAllocation", "vk::Device::allocateMemory: ErrorOutOfDeviceMemory", "E_OUTOFMEMORY",
        "0x8007000E", "mmap: Cannot allocate memory", "Not enough memory resources are available"}) {
    EXPECT_TRUE(IsOutOfMemory(Refusal(what))) << what;
  }
}

TEST(IsOutOfMemory, IsNotEveryFailure) {
  for (const char* what : {"", "HTTP 500 without a message", "HTTP 404: Model not found", "Failed loading model X",
                           "Unknown value \"spatial_merge_size\"", "requires WebGpu which is not registered",
                           "No OpenAIService provider found for modelName", "in-memory model is broken"}) {
    EXPECT_FALSE(IsOutOfMemory(Refusal(what))) << what;
  }
}

TEST(IsInUse, KnowsARefusedUnload) {
  EXPECT_TRUE(IsInUse(Refusal("Unload failed: cannot unload model 'a:1': 1 session(s) still using it")));
  EXPECT_FALSE(IsInUse(Refusal("Unload failed: disk on fire")));
  EXPECT_FALSE(IsInUse(Refusal("Failed to bind to address http://127.0.0.1:5273: address already in use")));
}

}  // namespace
}  // namespace assay::foundry
