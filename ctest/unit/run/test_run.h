// SPDX-License-Identifier: MIT
// The kept example runs (ctest/golden/run) as files that a test may change, and a full RunInfo.
#pragma once

#include <filesystem>
#include <string>

#include "fixtures/base/files.h"
#include "fixtures/run/pair.h"
#include "fixtures/run/run_directory.h"

namespace assay::run {

// Copies the example into a folder of its own. Every change replaces text that must be there.
class ExampleRun {
 public:
  // "v1", or "v1_models" and "v1_scenarios" with the keys that came later.
  explicit ExampleRun(const std::string& name = "v1");

  const std::filesystem::path& path() const { return folder_.path(); }
  std::string Read(const std::string& file) const;
  void Write(const std::string& file, const std::string& content) const;
  void Remove(const std::string& file) const;
  // Replaces the first `from` in `file`.
  void Replace(const std::string& file, const std::string& from, const std::string& to) const;
  void RemoveLine(const std::string& file, std::size_t index) const;
  void RepeatLine(const std::string& file, std::size_t index) const;

 private:
  base::TemporaryDirectory folder_;
};

std::filesystem::path ExampleDirectory(const std::string& name = "v1");

// Every field filled in, every optional one too.
RunInfo FullInfo();
// The same with a second case, which is a probe, and what it found.
RunInfo InfoWithProbe();
PairInfo FullPair();
Sample FullSample();
Answer FullAnswer();

// The text in one piece, as RunWriter::Finish takes it.
GoogleBenchmarkText Whole(std::string text);

}  // namespace assay::run
