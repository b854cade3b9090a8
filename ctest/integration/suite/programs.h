// SPDX-License-Identifier: MIT
// Runs the built programs the way a user does, each test in a folder of its own.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "fixtures/base/files.h"
#include "fixtures/process/process.h"

namespace assay::integration {

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest();

  process::Completed Run(const std::string& program, std::vector<std::string> arguments,
                         std::map<std::string, std::string> environment = {});
  // assay-bench on the embedded service: one small model, one short prompt unless `arguments` say more.
  process::Completed Bench(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {});
  process::Completed Assay(std::vector<std::string> arguments) { return Run("assay", std::move(arguments)); }

  std::string Path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string Write(const std::string& name, const std::string& content) const;
  static std::string Read(const std::string& path);
  static std::string Program(const std::string& name);
  // The environment of a child without the variables that would change what is measured, and with a memory of its own
  // of what was started. `extra` beats it.
  std::map<std::string, std::string> CleanEnvironment(std::map<std::string, std::string> extra) const;

 private:
  base::TemporaryDirectory folder_;
};

}  // namespace assay::integration
