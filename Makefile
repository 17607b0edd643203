# Every target works from a clean clone; what is there already is not made again.

HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 1
TESTS ?=

.DEFAULT_GOAL := help
.PHONY: help serve test assets lock clean

help: ## 显示这些目标 / show these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

serve: ## 安装所需、启动服务 / set up what is missing and serve (HOST=… PORT=… WORKERS=…)
	@sh setup/prepare.sh run
	@exec .venv/bin/hongge serve --host $(HOST) --port $(PORT) --workers $(WORKERS)

test: ## 安装所需、运行全部检查 / set up what is missing and run every check (TESTS=path for a part)
	@sh setup/prepare.sh dev
	@exec .venv/bin/python -m pytest -n 2 $(TESTS)

assets: ## 更新前端文件和翻译目录 / bring front-end files and catalogues up to date
	@sh setup/prepare.sh run

lock: ## 重新锁定依赖 / lock all dependencies anew
	@sh setup/prepare.sh dev
	@sh setup/lock.sh

clean: ## 删除可重建的文件，数据不动 / remove what can be made again; data stays
	@sh setup/clean.sh
