// SPDX-License-Identifier: MIT
#include "tools/score/subjects.h"

#include "fixtures/base/text.h"
#include "fixtures/run/scores.h"

namespace assay::score {

base::Result<Subjects> SubjectsOf(const run::Run& run) {
  Subjects subjects;
  for (const run::RunCase& one : run.cases) {
    std::map<std::string, std::size_t> places;  // sha256 -> in subjects
    std::map<std::string, bool> hashed;
    for (const run::Sample& sample : one.samples) {
      if (!sample.counts() || !sample.answer_sha256) continue;
      const std::string& sha256 = *sample.answer_sha256;
      const auto answer = one.answers.find(sha256);
      if (answer == one.answers.end()) continue;
      if (!answer->second.kept) {
        if (hashed.emplace(sha256, true).second) ++subjects.hashed;
        continue;
      }
      const auto [place, added] = places.emplace(sha256, subjects.answers.size());
      if (added) {
        ASSAY_TRY(run::Answer text, run::TextOf(one, sha256));
        const run::Json* messages = one.plan.request.Find("messages");
        subjects.answers.push_back(
            {one.plan.id, 0, messages != nullptr ? *messages : run::Json(run::JsonArray{}), std::move(text)});
      }
      ++subjects.answers[place->second].requests;
    }
  }
  return subjects;
}

const Dimensions& UsualDimensions() {
  static const Dimensions kUsual = {
      {"brevity", "no longer than the question needs"},
      {"coherence", "well formed, and its parts fit together"},
      {"factuality", "what it says is true and answers the question"},
  };
  return kUsual;
}

base::Status AddDimension(const std::string& stated, Dimensions& dimensions) {
  const std::size_t equals = stated.find('=');
  const std::string name = stated.substr(0, equals);
  if (!run::IsDimension(name)) {
    return base::Error{base::ErrorCode::kUsage,
                       "--dimension: '" + base::EscapeForTerminal(name) +
                           "' should be 1 to 40 of a-z, 0-9, '_' and '-' and begin with a letter, e.g. tone=\"is it "
                           "polite?\"",
                       ""};
  }
  dimensions[name] = equals == std::string::npos ? std::string() : stated.substr(equals + 1);
  return {};
}

}  // namespace assay::score
