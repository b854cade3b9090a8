// SPDX-License-Identifier: MIT
// The embedded service as a child of ours, with a log of what it sent when. It ends with the object, however we end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "fixtures/base/files.h"
#include "fixtures/base/result.h"
#include "fixtures/process/process.h"

namespace assay::micro {

class EmbeddedChild {
 public:
  // Listens, with `model` loaded, when it returns. `scenario` as foundry-embedded's flag takes it.
  static base::Result<EmbeddedChild> Start(const std::filesystem::path& program, const std::string& model,
                                           const std::string& scenario);

  const std::string& url() const { return url_; }
  // A folder of its own that goes with it.
  const std::filesystem::path& directory() const { return directory_.path(); }

  // Ends it and returns its log of requests: only then is the log complete.
  base::Result<std::string> Stop();

 private:
  EmbeddedChild(base::TemporaryDirectory directory, std::unique_ptr<process::Child> child, std::string url)
      : directory_(std::move(directory)), child_(std::move(child)), url_(std::move(url)) {}

  base::TemporaryDirectory directory_;
  std::unique_ptr<process::Child> child_;
  std::string url_;
};

}  // namespace assay::micro
