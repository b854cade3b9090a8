// SPDX-License-Identifier: MIT
// Simulated latencies as the files assay-bench would have written: run directories, paired ones and second looks, with
// every request a sample. What is judged from them took the way every run takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "benchmarks/micro/gate_power/noise.h"
#include "fixtures/base/result.h"
#include "fixtures/run/run_directory.h"

namespace assay::micro {

// ln of the time per token in ms, of each case: from 8 to 60 ms, as short and long contexts and small and large models
// lie in one suite.
std::vector<double> CaseLevels(std::size_t cases);

// Id of the case at a place: `cases` at the front of a session have one. Models take turns.
std::string SimulatedCaseId(std::size_t place, std::size_t models = 1);

struct SimulatedSession {
  std::string started_at;           // UTC; what tells runs apart
  std::vector<std::size_t> places;  // which cases; logs[i] belongs to places[i]
  Logs logs;                        // behind them the anchors, if any
  std::size_t anchors = 0;
  std::size_t models = 1;
};

// The samples of `requests` of each case; `session` may hold more.
base::Status WriteSession(const std::filesystem::path& directory, const SimulatedSession& session,
                          const std::optional<run::SecondLook>& second_look = std::nullopt);

// Both sides and pair.json; `places` and `started_at` as above.
base::Status WritePairedRun(const std::filesystem::path& directory, const std::string& started_at,
                            const std::vector<std::size_t>& places, const SimulatedPair& pair, std::size_t restarts,
                            const std::optional<run::SecondLook>& second_look = std::nullopt);
// pair.json alone, of a pair whose sides ("base" and "head" inside `directory`) are written by someone else.
base::Status WritePairPlan(const std::filesystem::path& directory, const std::vector<std::size_t>& places,
                           std::size_t requests, std::size_t restarts);

// A run in rounds as assay-bench writes it: of each case the first `requests[i]` samples, an interim for the judge, and
// at the end the whole run.
class SimulatedRounds {
 public:
  SimulatedRounds(std::filesystem::path directory, SimulatedSession session,
                  std::optional<run::SecondLook> second_look = std::nullopt);
  // Requests from `asked` on up to `upto` of the cases that are open; leaves word for the judge.
  base::Status Ask(const std::vector<bool>& open, std::size_t upto);
  base::Status Finish(const run::Rounds& rounds);
  const std::vector<std::size_t>& asked() const { return asked_; }

 private:
  run::RunInfo Info() const;

  std::filesystem::path directory_;
  SimulatedSession session_;
  std::optional<run::SecondLook> second_look_;
  std::vector<std::size_t> asked_;
  std::optional<run::RunWriter> writer_;
};

}  // namespace assay::micro
