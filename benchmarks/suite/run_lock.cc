// SPDX-License-Identifier: MIT
#include "benchmarks/suite/run_lock.h"

#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "fixtures/process/process.h"

namespace assay::suite {
namespace {

// Creates the file unless it is there: the one step that two processes cannot both succeed in.
bool CreateWithPid(const std::filesystem::path& path) {
#ifdef _WIN32
  std::FILE* file = _wfopen(path.c_str(), L"wx");
#else
  std::FILE* file = std::fopen(path.c_str(), "wx");
#endif
  if (file == nullptr) return false;
  std::fprintf(file, "%lld\n", static_cast<long long>(process::CurrentPid()));
  return std::fclose(file) == 0;
}

}  // namespace

base::Result<RunLock> RunLock::Take(const std::filesystem::path& directory) {
  ASSAY_RETURN_IF_ERROR(base::CreateDirectories(directory));
  const std::filesystem::path path = directory / "writing.pid";
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (CreateWithPid(path)) return RunLock(path);
    const base::Result<std::string> text = base::ReadFile(path);
    if (!text.ok()) break;
    const std::optional<std::int64_t> pid = base::ParseInt(base::Trim(*text));
    if (pid && process::IsRunning(*pid)) {
      return base::Error{base::ErrorCode::kUsage,
                         "another run (process " + std::to_string(*pid) +
                             ") writes into this folder; wait for it, or choose another --run",
                         directory.string()};
    }
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  return base::Error{base::ErrorCode::kIo, "cannot write into the folder of the run", directory.string()};
}

RunLock::~RunLock() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace assay::suite
