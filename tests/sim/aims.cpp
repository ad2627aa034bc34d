#include "base/random.hpp"
#include "profile.hpp"

namespace volley::sim {
namespace {

using namespace std::chrono_literals;

/// Few requests at a time, from clients that fall silent in between and have patience.
void make_sparse(Profile& profile) {
  profile.clients = 4;
  profile.workers = 1;
  profile.requests = 120;
  profile.burst = 2;
  profile.idempotent = 0;
  profile.trouble = 2'400s;
  profile.patient = 1;
  profile.patience = 600s;
  profile.delay = 1ms;
  profile.jitter = 100ms;
}

/// Datagrams are lost, come twice, and some arrive when nobody waits for them any more.
void make_late(Profile& profile) {
  profile.faults.put(Fault::kLoss);
  profile.faults.put(Fault::kDuplication);
  profile.faults.put(Fault::kStragglers);
  profile.loss = 0.3;
  profile.duplication = 0.2;
  profile.stragglers = 0.3;
  profile.straggle = 120s;
}

void make_restarts(Profile& profile) {
  profile.faults.put(Fault::kServerCrash);
  profile.server_crashes = 12;
  profile.downtime = 30s;
}

/// Paths are dead for longer than a server remembers, or keep what they are given as long.
void make_partitions(Profile& profile) {
  profile.faults.put(Fault::kPartition);
  profile.partitions = 4;
  profile.partition = 400s;
}

void aim_at_server_memory(Bug bug, Profile& profile) {
  switch (bug) {
    case Bug::kAddressInKey:
      make_late(profile);
      profile.faults.put(Fault::kRebinding);
      profile.rebindings = 20;
      return;
    case Bug::kRefusedRunsLater:
      make_late(profile);
      profile.faults.put(Fault::kPressure);
      profile.faults.put(Fault::kSlowHandlers);
      profile.limits.running_per_client = 1;
      profile.slow = 1;
      profile.slowness = 30s;
      return;
    case Bug::kProbeNoTombstone:
      make_late(profile);
      profile.policy = kInternetPolicy;
      profile.requests = 400;
      profile.loss = 0.5;
      return;
    case Bug::kTicketTooLong:
      make_late(profile);
      make_partitions(profile);
      return;
    default:
      make_late(profile);
      return;
  }
}

void aim_at_client(Bug bug, Profile& profile) {
  make_late(profile);
  switch (bug) {
    case Bug::kRestampAlways:
    case Bug::kStaleEpochBelieved:
      make_restarts(profile);
      return;
    case Bug::kStartResets:
      // It learns late of a restart before its first copy, and has few copies.
      make_restarts(profile);
      make_partitions(profile);
      profile.policy = kInternetPolicy;
      profile.loss = 0.5;
      return;
    case Bug::kCopiesTooLate:
    case Bug::kNeverBelievedLate:
      make_partitions(profile);
      return;
    case Bug::kClockSleeps:
      profile.faults.put(Fault::kSuspend);
      profile.suspends = 8;
      profile.sleep = 400s;
      return;
    default:
      return;
  }
}

}  // namespace

Profile aim(Profile profile, Bug bug) {
  profile.faults = {};
  profile.limits = {};
  profile.limits.running = 256;
  make_sparse(profile);
  switch (bug) {
    case Bug::kRunsMisrouted:
      make_late(profile);
      profile.workers = 2;
      profile.faults.put(Fault::kMisrouting);
      profile.misrouted = 0.5;
      return profile;
    case Bug::kReplyByPlace:
      profile.faults = {Fault::kSlowHandlers};
      profile.requests = 2'000;
      profile.burst = 20;
      profile.patient = 0.5;
      profile.patience = 1s;
      profile.slow = 0.5;
      profile.slowness = 10s;
      return profile;
    case Bug::kTicketWithoutAddress:
      profile.faults = {Fault::kAttacker};
      profile.attacks = 300;
      return profile;
    case Bug::kAddressInKey:
    case Bug::kBaseFreedOnReply:
    case Bug::kContextFreedEarly:
    case Bug::kProbeNoTombstone:
    case Bug::kRefusedRunsLater:
    case Bug::kTicketTooLong:
      aim_at_server_memory(bug, profile);
      return profile;
    default:
      aim_at_client(bug, profile);
      return profile;
  }
}

}  // namespace volley::sim
