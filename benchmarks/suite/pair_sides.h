// SPDX-License-Identifier: MIT
// What a pair is measured on: one session or two, the models and cases of each side, case i of the base beside case i
// of the head, and whether their models fit into memory together.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/suite/answer_keeper.h"
#include "benchmarks/suite/case_failures.h"
#include "benchmarks/suite/pair_options.h"
#include "fixtures/base/result.h"
#include "fixtures/catalogue/cases.h"
#include "fixtures/run/looks.h"
#include "fixtures/session/session.h"

namespace assay::suite {

struct Side {
  std::string name;  // "base", "head"
  const PairSideOptions* asked = nullptr;
  session::Session* session = nullptr;
  std::vector<catalogue::ResolvedModel> models;  // model i beside model i of the other side
  Cases cases;                                   // likewise
  ExpectedAnswers expected;
};

// Which models can be in memory at once.
enum class Fit {
  kAll,         // everything
  kPairByPair,  // a model and its partner, one pair after the other
  kOneByOne,    // not even these
};

class PairSides {
 public:
  // `say` is told what takes long. Both must outlive it.
  PairSides(const PairOptions& options, const Environment& environment,
            std::function<void(const std::string& line)> say);

  // Finds or starts the service of each side.
  base::Status Open();
  // Resolves models, builds cases and pairs them; of what is not cached it says so, or downloads it where that was
  // asked for. Notes are a line each. kUsage when the sides cannot be paired.
  base::Status Plan(std::vector<std::string>& notes);
  // Keeps what a second look asks for: its ids are those of the head. Those it names of other models leave it. Nothing
  // may be left.
  base::Status Choose(run::SecondLook& look);
  // Loads as much as fits. Models that cannot be loaded at all fail their cases on both sides; an error when no case is
  // left.
  base::Result<Fit> FindFit();
  // Loads model `index` of one side or of both, as far as its cases have not failed.
  base::Status Load(std::size_t index, bool base, bool head);
  // Unloads whatever was loaded here.
  void UnloadAll();

  // How far both sides can be started anew; the lesser of both.
  session::Renewal CanRenew() const;
  // Both; of models those of `indices`.
  base::Status Renew(const std::vector<std::size_t>& indices);

  Side& base() { return base_; }
  Side& head() { return head_; }
  bool one_service() const { return options_.one_service; }
  // Model indices with a case that has not failed.
  std::vector<std::size_t> Wanted() const;
  // Of both sessions, since the last call; and what could not be undone at the end.
  std::vector<std::string> TakeNotes();
  std::vector<std::string> Close();

 private:
  base::Status PlanSide(Side& side, std::vector<std::string>& notes);
  base::Status Cache(Side& side);
  base::Status PairUp();
  base::Status LeaveOutProbes(std::vector<std::string>& notes);
  void Keep(const std::function<bool(std::size_t)>& wanted);
  void FailModel(std::size_t index, const std::string& why);
  // kDoesNotFit and kFailed with the reason.
  session::Loaded LoadModel(Side& side, std::size_t index);
  std::vector<session::Session*> Sessions() const;

  const PairOptions& options_;
  const Environment& environment_;
  std::function<void(const std::string& line)> say_;
  std::unique_ptr<session::Session> base_session_;
  std::unique_ptr<session::Session> head_session_;  // null: that of the base is both's
  Side base_;
  Side head_;
  std::vector<std::size_t> notes_told_ = {0, 0};
  bool loaded_any_ = false;  // since the last UnloadAll
  std::string last_failure_;
};

}  // namespace assay::suite
