// SPDX-License-Identifier: MIT
#include "tools/compare/selection.h"

#include <algorithm>
#include <set>

#include "fixtures/base/text.h"

namespace assay::compare {
namespace {

constexpr std::size_t kNamesShown = 10;

std::string Quoted(std::string_view text) { return "'" + base::EscapeForTerminal(text) + "'"; }

bool IsModel(const CaseAddress& one, std::string_view name) { return one.model == name || one.alias == name; }

std::string Known(const std::set<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == kNamesShown) {
      shown.push_back("and " + std::to_string(names.size() - kNamesShown) + " more");
      break;
    }
    shown.push_back(base::EscapeForTerminal(name));
  }
  return base::Join(shown, ", ");
}

base::Error Nothing(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

template <typename Member>
std::set<std::string> Names(std::span<const CaseAddress> cases, Member member) {
  std::set<std::string> names;
  for (const CaseAddress& one : cases) names.insert(one.*member);
  return names;
}

}  // namespace

base::Result<std::vector<bool>> Select(const Selection& selection, std::span<const CaseAddress> cases) {
  const auto any = [&](const auto& matches) { return std::any_of(cases.begin(), cases.end(), matches); };
  for (const std::string& glob : selection.cases) {
    if (any([&](const CaseAddress& one) { return base::GlobMatches(glob, one.id); })) continue;
    return Nothing("--case " + Quoted(glob) + " matches none of the " + std::to_string(cases.size()) +
                   " cases; the first is " + (cases.empty() ? "none" : Quoted(cases.front().id)));
  }
  for (const std::string& model : selection.models) {
    if (any([&](const CaseAddress& one) { return IsModel(one, model); })) continue;
    return Nothing("the model " + Quoted(model) +
                   " was planned nowhere; models here: " + Known(Names(cases, &CaseAddress::model)));
  }
  for (const std::string& prompt : selection.prompts) {
    if (any([&](const CaseAddress& one) { return one.prompt == prompt; })) continue;
    return Nothing("the prompt " + Quoted(prompt) +
                   " was planned nowhere; prompts here: " + Known(Names(cases, &CaseAddress::prompt)));
  }
  for (const std::string& model : selection.models) {
    for (const std::string& prompt : selection.prompts) {
      if (any([&](const CaseAddress& one) { return IsModel(one, model) && one.prompt == prompt; })) continue;
      return Nothing("the model " + Quoted(model) + " was planned nowhere with the prompt " + Quoted(prompt));
    }
  }

  std::vector<bool> selected(cases.size());
  bool something = false;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const CaseAddress& one = cases[i];
    const auto fits = [](const std::vector<std::string>& wanted, const auto& matches) {
      return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), matches);
    };
    selected[i] = fits(selection.cases, [&](const std::string& glob) { return base::GlobMatches(glob, one.id); }) &&
                  fits(selection.models, [&](const std::string& model) { return IsModel(one, model); }) &&
                  fits(selection.prompts, [&](const std::string& prompt) { return one.prompt == prompt; });
    something = something || selected[i];
  }
  if (!something) return Nothing("no case fits --case, --model and --prompt together");
  return selected;
}

}  // namespace assay::compare
