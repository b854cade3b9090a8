// SPDX-License-Identifier: MIT
// Services the tests of this folder measure: one of our own at an address, or a `foundry` command on PATH. Both end
// with the test, whatever its outcome.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ctest/integration/suite/programs.h"
#include "fixtures/run/run_directory.h"

namespace assay::integration {

class ServicesTest : public ProgramTest {
 protected:
  ~ServicesTest() override;

  // Our service of a generation, started by hand; its address.
  std::string Serve(const std::string& generation, const std::string& scenario = "",
                    std::vector<std::string> arguments = {});
  // The environment of a machine on which `foundry` of this generation is installed.
  std::map<std::string, std::string> Machine(const std::string& generation, const std::string& scenario = "");
  process::Completed Foundry(const std::string& generation, std::vector<std::string> arguments,
                             const std::string& scenario = "");
  // Whether a service that was started by `foundry` answers.
  bool FoundryRuns(const std::string& generation);
  std::optional<std::int64_t> FoundryPid() const;

  // assay-bench with a short suite; `arguments` beat the defaults.
  process::Completed Measure(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment);
  process::Completed MeasureAt(const std::string& endpoint, std::vector<std::string> arguments = {});
  // The run that Measure wrote.
  run::Run ReadMeasured(const std::string& name = "run") const;

 private:
  std::vector<std::unique_ptr<process::Child>> services_;
  std::vector<std::string> machines_;
};

// Waits for a condition with a deadline that only a broken program meets.
bool Eventually(const std::function<bool()>& condition);

}  // namespace assay::integration
