// SPDX-License-Identifier: MIT
#include "benchmarks/micro/embedded_child.h"

#include <chrono>
#include <string_view>
#include <utility>

namespace assay::micro {
namespace {

constexpr const char* kRequestLog = "requests.jsonl";

}  // namespace

base::Result<EmbeddedChild> EmbeddedChild::Start(const std::filesystem::path& program, const std::string& model,
                                                 const std::string& scenario) {
  ASSAY_TRY(base::TemporaryDirectory directory, base::TemporaryDirectory::Create("assay-micro"));
  process::Command command;
  command.program = base::ToUtf8(program);
  command.arguments = {"serve", "--exit-with-stdin", "--preload=" + model, "--scenario=" + scenario,
                       "--request-log=" + base::ToUtf8(directory.path() / kRequestLog)};
  ASSAY_TRY(std::unique_ptr<process::Child> child, process::Spawn(command, {directory.path() / "service.err"}));
  constexpr std::string_view kListening = "listening ";
  ASSAY_TRY(const std::string line, child->ReadLine(std::chrono::seconds(60)));
  if (!line.starts_with(kListening)) {
    return base::Error{base::ErrorCode::kUnavailable,
                       "the service was to say where it listens, and said '" + line + "'", command.ToString()};
  }
  return EmbeddedChild(std::move(directory), std::move(child), line.substr(kListening.size()));
}

base::Result<std::string> EmbeddedChild::Stop() {
  ASSAY_TRY(const int code, child_->Stop(std::chrono::seconds(20)));
  if (code != 0) {
    return base::Error{base::ErrorCode::kUnavailable, "the service ended with code " + std::to_string(code), url_};
  }
  return base::ReadFile(directory_.path() / kRequestLog);
}

}  // namespace assay::micro
