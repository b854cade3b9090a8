// SPDX-License-Identifier: MIT
#include "ctest/integration/check/checking.h"

#include "fixtures/run/json.h"

namespace assay::integration {
namespace {

std::string Text(const run::Json& object, const std::string& key) {
  const run::Json* value = object.Find(key);
  if (value == nullptr || value->as_string() == nullptr) {
    ADD_FAILURE() << "a finding without the text '" << key << "'";
    return {};
  }
  return *value->as_string();
}

}  // namespace

Found Checked::Of(const std::string& id, const std::string& subject) const {
  for (const Found& finding : findings) {
    if (finding.id == id && (subject.empty() || finding.subject == subject)) return finding;
  }
  ADD_FAILURE() << "nothing was found about " << id << " " << subject;
  return {};
}

std::string Checked::NotOk() const {
  std::string text;
  for (const Found& finding : findings) {
    if (finding.level != "ok") text += (text.empty() ? "" : " ") + finding.id + ":" + finding.level;
  }
  return text;
}

process::Completed CheckTest::Check(std::vector<std::string> arguments,
                                    std::map<std::string, std::string> environment) {
  arguments.insert(arguments.begin(), "check");
  environment.emplace("ASSAY_STATE_HOME", Path("state"));
  environment.emplace("FOUNDRY_EMBEDDED_HOME", Path("home"));
  return Run("assay", std::move(arguments), std::move(environment));
}

Checked CheckTest::Findings(std::vector<std::string> arguments, std::map<std::string, std::string> environment) {
  arguments.emplace_back("--json");
  const process::Completed done = Check(std::move(arguments), std::move(environment));
  Checked checked;
  checked.exit_code = done.exit_code;
  const base::Result<run::Json> json = run::ParseJson(done.standard_output, "check");
  if (!json.ok()) {
    ADD_FAILURE() << json.error().Message() << "\n" << done.standard_output << done.standard_error;
    return checked;
  }
  EXPECT_EQ(*json->Find("schema_version")->as_integer(), 1);
  checked.ready = *json->Find("ready")->as_bool();
  for (const run::Json& finding : *json->Find("findings")->as_array()) {
    checked.findings.push_back({Text(finding, "level"), Text(finding, "id"), Text(finding, "subject"),
                                Text(finding, "text"), Text(finding, "next")});
    const Found& last = checked.findings.back();
    EXPECT_EQ(last.next.empty(), last.level == "ok") << last.id << ": " << last.text;
  }
  return checked;
}

}  // namespace assay::integration
