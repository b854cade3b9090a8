// SPDX-License-Identifier: MIT
// `assay check` is answered by the program that measures, since only that one knows services: this one goes on as
// `assay-bench --check`. Its help stands here, so that it can be read where nothing can be started.
#include <algorithm>
#include <ostream>

#include "fixtures/base/files.h"
#include "fixtures/process/process.h"
#include "tools/cli/commands.h"

namespace assay::cli {
namespace {

constexpr const char* kHelp =
    "Usage: assay check [options]\n\n"
    "Is this machine ready to measure? Starts and loads what a run would, asks every model a few short questions, and\n"
    "undoes it. One line per finding, ok, warning or failure, and under it what to do next:\n\n"
    "  cli          the foundry command: version and dialect\n"
    "  leftover     a service that an interrupted run left behind\n"
    "  service      a service that answers: found or started, generation, address\n"
    "  disk         free space where the service keeps its models\n"
    "  catalogue    what the service has\n"
    "  models       every model of the suite is known\n"
    "  cached load  every model is on the disk and loads\n"
    "  chat         every model answers\n"
    "  temperature seed max_tokens\n"
    "               sampling parameters are obeyed: temperature 0 repeats, seeds count, answers end where they should\n"
    "  usage stream tokens are counted by the service, streamed answers are whole\n\n"
    "Options (all options of assay-bench that say what to measure and where; these matter most):\n"
    "  --service=auto|embedded|none  which service: Foundry Local or else the embedded one; the embedded one; start "
    "none\n"
    "  --endpoint=URL                a server that runs already, with or without /v1; its key is read from API_KEY\n"
    "  --models=a,b|FILE             what the suite measures; left out, only the machine is checked (and every model "
    "of\n"
    "                                the embedded service)\n"
    "  --device=cpu|gpu|npu          of an alias, the variants for this device\n"
    "  --variant=ID|GLOB             of an alias, these variants\n"
    "  --json                        one JSON document instead of lines\n"
    "  --help                        this text\n\n"
    "Exit codes: 0 ready (also with warnings), 1 not ready, 2 wrong usage or unreadable input, 4 internal error.\n\n"
    "Examples:\n"
    "  assay check --models=qwen2.5-0.5b,phi-4-mini\n"
    "  assay check --endpoint=http://127.0.0.1:8080/v1 --models=my-model\n"
    "  assay check --service=embedded --json\n";

}  // namespace

base::Result<int> CheckCommand(const std::vector<std::string>& args, std::ostream& out) {
  if (std::ranges::find(args, "--help") != args.end()) {
    out << kHelp;
    return int{kGood};
  }
  process::Command bench{base::ToUtf8(process::ProgramDirectory() / "assay-bench"), {"--check"}, {}};
  if (!process::FindOnPath(bench.program)) {
    return base::Error{base::ErrorCode::kNotFound,
                       "a check is made by the program assay-bench, which should lie beside this one; build it "
                       "(cmake --build DIR --target assay-bench)",
                       bench.program};
  }
  bench.arguments.insert(bench.arguments.end(), args.begin(), args.end());
  out.flush();  // what is buffered here would be lost
  return process::Become(bench);
}

}  // namespace assay::cli
