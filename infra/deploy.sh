#!/usr/bin/env bash
# Deploys Quartermaster to the account and region of the AWS command line: bucket, templates, portal, launch roles,
# portfolio. It shows what would change in each stack and asks before it changes anything. Unchanged stacks are left
# alone, so it can be run again at any time, also after a failure. It removes nothing but a plan that is not executed,
# with the empty stack that CloudFormation creates to hold one.
#
#   infra/deploy.sh --vpc vpc-… --subnets subnet-…,subnet-… [Name=value …]
#
#   --vpc, --subnets   where the bot runs; required the first time, kept afterwards
#   --image URI        the bot's image by digest; without one the bot is not started
#   --catalog DIR      your own products: DIR/<key>/template.yml, DIR/portfolio.yml as `quartermaster catalog template`
#                      prints it, DIR/launch-roles.yml; required each time
#   --boundary ARN     the permissions boundary of every role that is created here, or none; kept afterwards
#   --tag Key=Value    a tag for everything that the stacks create; can be repeated; kept afterwards
#   --untag Key        removes such a tag
#   --plan             only show what would change; a template that is too long to send is uploaded to the bucket
#   --yes              do not ask
#   Name=value         any other parameter of portal.yml, such as AssignPublicIp=ENABLED; kept afterwards
#
# Needs aws (version 2) and sha256sum. No secret passes through here: README.md says how to store Slack's.
set -euo pipefail
# A reader that stops early, such as grep -q, would end its writer, and with it the run.

here=$PWD
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  printf 'deploy: %s\n' "$*" >&2
  exit 1
}

# A template's parameters, one name a line; those without a default are followed by `required`.
parameters_of() {
  tr -d '\r' <"$1" | awk '
    /^[^ #]/ { print_last(); inside = ($1 == "Parameters:") }
    inside && /^  [A-Za-z0-9]+:/ { print_last(); name = $1; sub(":", "", name); needed = " required" }
    inside && /^    Default:/ { needed = "" }
    END { print_last() }
    function print_last() { if (name != "") print name needed; name = "" }
  '
}

# nearest WORD: the word on standard input that was probably meant; nothing if none is near.
nearest() {
  awk -v word="$1" '
    function least(a, b) { return a < b ? a : b }
    function distance(a, b, i, j, cost, old, new) {
      for (j = 0; j <= length(b); j++) old[j] = j
      for (i = 1; i <= length(a); i++) {
        new[0] = i
        for (j = 1; j <= length(b); j++) {
          cost = substr(a, i, 1) != substr(b, j, 1)
          new[j] = least(least(old[j] + 1, new[j - 1] + 1), old[j - 1] + cost)
        }
        for (j = 0; j <= length(b); j++) old[j] = new[j]
      }
      return old[length(b)]
    }
    BEGIN { best = int(length(word) / 3); if (best < 1) best = 1 }
    { far = distance(tolower(word), tolower($1)); if (far <= best) { best = far - 1; found = $1 } }
    END { if (found != "") print found }
  '
}

# unknown WHAT WORD: ends the run; the known words are on standard input.
unknown() {
  local meant
  meant=$(nearest "$2")
  fail "$1: $2${meant:+; did you mean $meant?} (--help explains them all)"
}

options='--vpc --subnets --image --catalog --boundary --tag --untag --plan --yes --help'
plan=no
yes=no
catalog=
boundary=
tags=(ManagedBy=quartermaster)
untagged=()
# Tags that the bot and these templates set themselves: a launch role may do more with what has a request's tag, and nothing
# with what has the portal's. IAM ignores the case of tag keys.
reserved='ManagedBy Catalog QuartermasterPortal RequestId Team Requester Product ApprovedBy ProvisionedBy'
portal_parameters=()

# take Name=value: a parameter of the portal, if it exists and nothing else sets it.
take() {
  local name=${1%%=*} other
  case $name in
    AssetBucket | MachineKey | DeletionProtection | BalancerProtection) fail "$name is set by this script" ;;
    PermissionsBoundary) fail "name the boundary with --boundary: the launch roles get it, too" ;;
  esac
  parameters_of infra/portal.yml | cut -d ' ' -f 1 | grep -xF -- "$name" >/dev/null \
    || parameters_of infra/portal.yml | unknown 'unknown parameter' "$name"
  for other in ${portal_parameters[@]+"${portal_parameters[@]}"}; do
    [[ ${other%%=*} != "$name" ]] || fail "$name is given twice"
  done
  portal_parameters+=("$1")
}

# is_reserved KEY: whether the company may not set this tag.
is_reserved() {
  [[ $1 == [Aa][Ww][Ss]:* ]] || tr ' ' '\n' <<<"$reserved" | grep -ixF -- "$1" >/dev/null
}

# tag KEY: checks that it may be set or removed, and is named only once.
tag() {
  local pair
  # A tag of the bot's that an earlier version accepted can be removed.
  [[ ${2:-} == away && $1 != ManagedBy && $1 != Catalog ]] || ! is_reserved "$1" || fail "--tag $1 is not yours to set"
  for pair in "${tags[@]}" ${untagged[@]+"${untagged[@]/%/=}"}; do
    [[ ${pair%%=*} != "$1" ]] || fail "the tag $1 is given twice"
  done
}

while [[ $# -gt 0 ]]; do
  [[ $1${2:-} != *[[:cntrl:]]* ]] || fail "a line break or a tab in an argument: $1"
  case $1 in
    --plan) plan=yes ;;
    --yes) yes=yes ;;
    --vpc | --subnets | --image | --catalog | --boundary | --tag | --untag)
      [[ -n ${2:-} && $2 != -* ]] || fail "$1 needs a value"
      case $1 in
        --vpc) take "VpcId=$2" ;;
        --subnets) take "SubnetIds=$2" ;;
        --image) take "ImageUri=$2" ;;
        --catalog)
          [[ -z $catalog ]] || fail '--catalog is given twice'
          catalog=$2
          ;;
        --boundary)
          [[ -z $boundary ]] || fail '--boundary is given twice'
          boundary=$2
          ;;
        --tag)
          # CloudFormation accepts no empty value.
          [[ $2 == ?*=?* ]] || fail "--tag wants Key=Value"
          tag "${2%%=*}"
          tags+=("$2")
          ;;
        --untag)
          tag "$2" away
          untagged+=("$2")
          ;;
      esac
      shift
      ;;
    -h | --help)
      sed -n '2,/^set /s/^# \{0,1\}//p' infra/deploy.sh
      exit 0
      ;;
    -*) tr ' ' '\n' <<<"$options" | unknown 'unknown option' "$1" ;;
    ?*=*) take "$1" ;;
    *) tr ' ' '\n' <<<"$options" | unknown 'unknown argument' "$1" ;;
  esac
  shift
done

products=catalog
portfolio=infra/portfolio.yml
roles=infra/launch-roles.yml
if [[ -n $catalog ]]; then
  products=$(cd "$here" && cd "$catalog" 2>/dev/null && pwd) || fail "there is no folder $catalog"
  portfolio=$products/portfolio.yml
  roles=$products/launch-roles.yml
  [[ -f $portfolio ]] || fail "$portfolio is missing: print it with \`quartermaster catalog template\`, catalog.path being that folder"
  [[ -f $roles ]] || fail "$roles is missing: copy infra/launch-roles.yml there and give each product a role"
fi

command -v aws >/dev/null || fail "aws is missing: install the AWS command line, version 2"
command -v sha256sum >/dev/null || fail "sha256sum is missing: install GNU coreutils"

hash_of() {
  sha256sum "$1" | cut -d ' ' -f 1
}

# Keys of the products in the portfolio. Each needs its template as it was printed, and a role.
keys=()
while IFS=/ read -r _ hash key; do
  key=${key%.yml}
  template=$products/$key/template.yml
  [[ -f $template && $(hash_of "$template") == "$hash" ]] \
    || fail "$portfolio is out of date with $template: quartermaster catalog template > $portfolio"
  tr -d "\r\"'" <"$roles" | grep -E "RoleName: +quartermaster-launch-$key *(#.*)?\$" >/dev/null \
    || fail "$roles has no role quartermaster-launch-$key: add one, infra/README.md says how to tell what it needs"
  keys+=("$key")
done < <(grep -oE 'products/[0-9a-f]{64}/[a-z0-9-]+\.yml' "$portfolio" | sort -u)
[[ ${#keys[@]} -gt 0 ]] || fail "$portfolio names no template of a product: quartermaster catalog template > $portfolio"

# shellcheck source=infra/stacks.sh
source infra/stacks.sh

region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[[ -n $region ]] || fail "no region: set AWS_REGION and run this again"
export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=
call 'find out which account this is; log in first' sts get-caller-identity --query Account --output text
account=$answer

# upload FILE KEY: once; the key contains the hash of the content, so repeating it is harmless.
upload() {
  if try s3api head-object --bucket "$bucket" --key "$2"; then
    return
  fi
  call "upload $2" s3api put-object --bucket "$bucket" --key "$2" --body "$1"
  printf 'uploaded %s\n' "$2"
}

inherit
bounded=()
case $boundary in
  '') ;;
  none) bounded=(PermissionsBoundary=) ;;
  *)
    bounded=("PermissionsBoundary=$boundary")
    parameters_of "$roles" | cut -d ' ' -f 1 | grep -x PermissionsBoundary >/dev/null \
      || fail "$roles has no parameter PermissionsBoundary, and every role has to be bounded by $boundary: take it over from infra/launch-roles.yml"
    [[ $(grep -cE 'Type: +.?AWS::IAM::Role.?([[:space:]]|$)' "$roles") -le $(grep -cE '^      +PermissionsBoundary:' "$roles") ]] \
      || fail "a role in $roles has no PermissionsBoundary, and every role has to be bounded by $boundary: take it over from infra/launch-roles.yml"
    ;;
esac

# IAM has no regions, so a second portal would find the names of its launch roles taken.
look quartermaster-launch-roles
if is_new; then
  for key in "${keys[@]}"; do
    if try iam get-role --role-name "quartermaster-launch-$key"; then
      fail "this account has a role quartermaster-launch-$key, and no stack quartermaster-launch-roles in $region has made it. \
Roles belong to the account, not to a region: a portal in another region needs it to launch and to remove its products, so \
leave it alone. One account takes one portal; use that one, or another account. Nothing was changed."
    fi
    # Without the right to look, CloudFormation will report the conflict.
  done
fi

bucket=
asset_url=
deploy assets infra/assets.yml ${bounded[@]+"${bounded[@]}"}
look quartermaster-assets
if is_new; then
  printf '\nAll else is read from that bucket: there is no plan for it before the bucket is there.\n'
  exit 0
fi
output quartermaster-assets AssetBucket
bucket=$answer
output quartermaster-assets AssetUrl
asset_url=$answer

machine=machine/$(hash_of infra/provisioning.asl.json)/provisioning.asl.json
[[ $plan == yes ]] || upload infra/provisioning.asl.json "$machine"
portal=("AssetBucket=$bucket" "MachineKey=$machine" ${bounded[@]+"${bounded[@]}"} ${portal_parameters[@]+"${portal_parameters[@]}"})
# parameter NAME: the portal's present value, whoever set it, in `answer`.
parameter() {
  call 'read the parameters of quartermaster-portal' cloudformation describe-stacks --stack-name quartermaster-portal \
    --output text --query "Stacks[0].Parameters[?ParameterKey=='$1'].ParameterValue"
  [[ $answer != None ]] || answer=
}

# balances [Name=value …]: whether the portal has a load balancer, with these parameters instead of its present ones.
balances() {
  local transport image given
  parameter Transport
  transport=$answer
  parameter ImageUri
  image=$answer
  for given in "$@"; do
    case $given in
      Transport=*) transport=${given#*=} ;;
      ImageUri=*) image=${given#*=} ;;
    esac
  done
  [[ $transport == http && -n $image ]]
}

# Protected resources can neither be rolled back nor removed: new ones are protected by a change of their own once they exist,
# and those to be removed are unprotected by a change before.
look quartermaster-portal
if is_new; then
  deploy portal infra/portal.yml DeletionProtection=no BalancerProtection=no "${portal[@]}"
  look quartermaster-portal
fi
# In a plan it may not exist yet.
if ! is_new; then
  protects=no
  if balances; then
    if balances "${portal[@]}"; then
      protects=yes
    else
      deploy portal infra/portal.yml BalancerProtection=no
    fi
  fi
  deploy portal infra/portal.yml DeletionProtection=yes "BalancerProtection=$protects" "${portal[@]}"
  if [[ $plan == no && $protects == no ]] && balances; then
    deploy portal infra/portal.yml DeletionProtection=yes BalancerProtection=yes "${portal[@]}"
  fi
fi

deploy launch-roles "$roles" ${bounded[@]+"${bounded[@]}"}
for key in ${keys[@]+"${keys[@]}"}; do
  template=$products/$key/template.yml
  [[ $plan == yes ]] || upload "$template" "products/$(hash_of "$template")/$key.yml"
done
look quartermaster-portal
if is_new; then
  printf '\nThe portfolio names the role of the portal: there is no plan for it before the portal is there.\n'
  exit 0
fi
output quartermaster-portal BotRoleArn
bot=$answer
look quartermaster-portfolio
tags_of quartermaster-portfolio
[[ -n $catalog || $answer != *$'Catalog\town'* ]] \
  || fail "the portfolio was deployed from a catalog of your own: name it with --catalog, or its products would go"
[[ -z $catalog ]] || tags+=(Catalog=own)
deploy portfolio "$portfolio" "AssetUrl=$asset_url" "BotRoleArn=$bot"

[[ $plan == no ]] || exit 0

parameter Transport
transport=$answer
parameter EventsTopicArn
events=$answer
output quartermaster-portal StateMachineArn
state_machine=$answer
output quartermaster-portal QueueUrl
queue=$answer
output quartermaster-portfolio PortfolioId
portfolio_id=$answer
case $transport in
  socket)
    app='manifest.yml: the link in docs/slack-setup.md makes it. Slack is told no address.'
    server=
    ;;
  http)
    app='printed by: quartermaster manifest --url https://NAME, with the name in the certificate for NAME.'
    server=$'\n[server]\nlisten = "0.0.0.0:3000"\n'
    ;;
  *) fail "the portal has the transport \`$transport\`, which is neither socket nor http" ;;
esac
cat <<END

The Slack app is $app

For quartermaster.toml:
$server
[slack]
transport = "$transport"

[backend]
store = "dynamodb:ProvisioningRequests"
workflow = "step-functions:$state_machine"
provisioner = "service-catalog"
queue = "$queue"

[aws]
portfolio = "$portfolio_id"
END
[[ -z $events ]] || printf '\n[events]\ntopic = "%s"\n' "$events"
