// SPDX-License-Identifier: MIT
#include "tools/compare/prune.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "fixtures/base/files.h"
#include "fixtures/base/text.h"
#include "tools/compare/baseline_store.h"

namespace assay::compare {
namespace {

namespace fs = std::filesystem;

// Flags of assay-bench that ask a part of a suite, or ask it otherwise than the suite says: other cases are then no
// sign that the suite lost its own. --models is none of them: variants that were not asked are left alone.
constexpr std::string_view kSelecting[] = {"benchmark_filter", "prompt", "scenarios", "max-tokens",
                                           "stream",           "pair",   "confirm"};

// Why the run says little about which cases its suite has; empty when it asked all of it.
std::string WhyPartial(const run::Run& run) {
  if (run.info.second_look) return "it is a second look, whose cases were chosen by what the first look saw";
  if (run.info.validity.interrupted) return "it was interrupted";
  const std::optional<std::vector<std::string>>& arguments = run.info.provenance.arguments;
  if (!arguments) return "it does not say how it was asked";
  for (const std::string& word : *arguments) {
    if (!word.starts_with("--")) continue;
    const std::string_view name = std::string_view(word).substr(2, word.find('=') - 2);
    if (std::ranges::find(kSelecting, name) != std::end(kSelecting)) {
      return "it was asked with " + base::EscapeForTerminal(word);
    }
  }
  return "";
}

base::Status CheckRuns(const RunSet& runs, const PruneRequest& request) {
  if (!request.cases.empty()) return {};
  for (const run::Run& run : runs.runs()) {
    const std::string why = WhyPartial(run);
    if (why.empty()) continue;
    return base::Error{base::ErrorCode::kUsage,
                       "a run that may have asked only a part of its suite does not say which cases are gone: " + why +
                           "; nothing was removed; measure the whole suite, or say with --case which cases may go ('*' "
                           "for all that this run did not plan)",
                       run.directory.string()};
  }
  return {};
}

struct File {
  fs::path path;
  std::optional<std::string> content;  // absent: nothing is left of it
};

class Pruner {
 public:
  Pruner(const RunSet& runs, const PruneRequest& request) : request_(request) {
    for (const RunSet::Entry& entry : runs.cases()) planned_.insert(entry.one->plan.id);
  }

  base::Status Outputs(const std::string& variant) {
    const fs::path path = OutputsPath(request_.baselines, variant);
    ASSAY_TRY(std::optional<OutputsBaseline> known, ReadOutputs(path, variant));
    if (!known) return {};
    std::set<std::string> gone;
    std::erase_if(known->cases, [&](const auto& entry) { return Goes(entry.first, gone); });
    std::erase_if(known->scores, [&](const auto& entry) { return Goes(entry.first, gone); });
    const bool empty = known->cases.empty() && known->scores.empty();
    Record(path, gone, [&] { return empty ? std::optional<std::string>() : WriteOutputs(*known); });
    return {};
  }

  base::Status Latency(const std::string& variant) {
    std::error_code none;  // no folder, no sessions
    std::vector<fs::path> environments;
    for (const fs::directory_entry& entry : fs::directory_iterator(request_.baselines / "latency", none)) {
      if (entry.is_directory(none)) environments.push_back(entry.path());
    }
    std::ranges::sort(environments);
    for (const fs::path& folder : environments) {
      const std::string key = folder.filename().string();
      const fs::path path = LatencyPath(request_.baselines, key, variant);
      ASSAY_TRY(std::optional<LatencyBaseline> known, ReadLatency(path, variant, key));
      if (!known) continue;
      std::set<std::string> gone;
      for (BaselineSession& session : known->sessions) {
        std::erase_if(session.cases, [&](const auto& entry) { return Goes(entry.first, gone); });
      }
      std::erase_if(known->sessions, [](const BaselineSession& session) { return session.cases.empty(); });
      Record(path, gone, [&] { return known->sessions.empty() ? std::optional<std::string>() : WriteLatency(*known); });
    }
    return {};
  }

  base::Status CheckGlobs() const {
    for (const std::string& glob : request_.cases) {
      if (matched_.contains(glob)) continue;
      return base::Error{base::ErrorCode::kUsage,
                         "--case '" + base::EscapeForTerminal(glob) +
                             "' matches no case that the baselines have and the run did not plan; nothing was removed",
                         request_.baselines.string()};
    }
    return {};
  }

  base::Result<PruneSummary> Write() {
    for (const File& file : files_) {
      if (file.content) {
        ASSAY_RETURN_IF_ERROR(base::WriteFileAtomically(file.path, *file.content));
        continue;
      }
      std::error_code failed;
      fs::remove(file.path, failed);
      if (failed) {
        return base::Error{
            base::ErrorCode::kIo,
            "no case is left in this file and it cannot be deleted: " + failed.message() + "; delete it by hand",
            file.path.string()};
      }
      summary_.deleted.push_back(file.path);
    }
    return std::move(summary_);
  }

 private:
  bool Goes(const std::string& id, std::set<std::string>& gone) {
    if (planned_.contains(id)) return false;
    bool wanted = request_.cases.empty();
    for (const std::string& glob : request_.cases) {
      if (!base::GlobMatches(glob, id)) continue;
      matched_.insert(glob);
      wanted = true;
    }
    if (wanted) gone.insert(id);
    return wanted;
  }

  void Record(const fs::path& path, const std::set<std::string>& gone,
              const std::function<std::optional<std::string>()>& content) {
    if (gone.empty()) return;
    for (const std::string& id : gone) summary_.removed.push_back(PrunedCase{id, path});
    files_.push_back(File{path, content()});
  }

  const PruneRequest& request_;
  std::set<std::string> planned_;
  std::set<std::string> matched_;  // globs
  std::vector<File> files_;
  PruneSummary summary_;
};

}  // namespace

base::Result<PruneSummary> Prune(const RunSet& runs, const PruneRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckRuns(runs, request));
  std::error_code none;
  if (!fs::is_directory(request.baselines, none)) {
    return base::Error{base::ErrorCode::kUsage, "there is no such folder of baselines; correct --baselines",
                       request.baselines.string()};
  }
  Pruner pruner(runs, request);
  for (const std::string& variant : runs.Variants()) {
    if (request.outputs) ASSAY_RETURN_IF_ERROR(pruner.Outputs(variant));
    if (request.latency) ASSAY_RETURN_IF_ERROR(pruner.Latency(variant));
  }
  ASSAY_RETURN_IF_ERROR(pruner.CheckGlobs());
  return pruner.Write();
}

}  // namespace assay::compare
